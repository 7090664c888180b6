"""The command line: what is chosen, what is written when something fails, and where the peers are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import __main__ as command
from benchmarks.judge import Floor
from benchmarks.pairs import Plan
from benchmarks.peers import environments
from benchmarks.peers.rounds import Absent
from benchmarks.results import Record, of_samples
from benchmarks.singles import Single
from benchmarks.takes import Said, Take

IMPORT = Single("import", "import", "", "ms", "difference", lambda: (30.0, 10.0), Floor(40.0, at_least=False))


def _good(plan: Plan, said: Said) -> list[Record]:
    return [of_samples(IMPORT, [IMPORT.take() for _ in range(plan.pairs)])]


def _absent(plan: Plan, said: Said) -> list[Record]:
    raise Absent("could not be installed: [no] such version")


def _broken(plan: Plan, said: Said) -> list[Record]:
    raise RuntimeError("wrk failed")


def test_the_rows_that_are_named_are_listed_with_the_peers_where_they_are_wanted() -> None:
    listed = CliRunner().invoke(command.main, ["--list", "--rows", "^http/128/ase"])
    assert listed.output.split() == ["http/128/ase/thread", "http/128/ase/process"]
    listed = CliRunner().invoke(command.main, ["--list", "--peers", "--rows", "litserve$"])
    assert "http/128/ase/thread:litserve" in listed.output.split()


def test_a_pattern_that_finds_nothing_is_an_error() -> None:
    refused = CliRunner().invoke(command.main, ["--list", "--rows", "carrier pigeon"])
    assert refused.exit_code == 1
    assert "no row has 'carrier pigeon' in its name" in refused.output


def test_what_fails_is_named_and_what_is_absent_is_written_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    chosen = [
        Take("import", ("import",), _good),
        Take("http:gone", ("http/thread:gone",), _absent),
        Take("http:broken", ("http/thread:broken",), _broken),
    ]
    assert command._measure(chosen, Plan(2), "python -m benchmarks", path) == ["http:broken"]
    written = json.loads(path.read_text())
    assert [record["name"] for record in written["records"]] == ["import"]
    assert written["absent"] == {"http:gone": "could not be installed: [no] such version"}


def test_the_peers_are_named_with_their_versions_and_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(environments.VARIABLE, str(tmp_path))
    told = CliRunner().invoke(command.main, ["peers"]).output
    assert str(tmp_path) in told
    assert "LitServe 0.2.19: no environment yet" in told
    assert "Ray Serve" in told
