"""One run takes everything there is, the peers where they are wanted."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from benchmarks import pairs
from benchmarks.judge import Pair, Side
from benchmarks.pairs import Plan
from benchmarks.peers import environments
from benchmarks.peers.catalog import CONTESTS
from benchmarks.peers.rounds import Absent
from benchmarks.rows import ROWS
from benchmarks.singles import SINGLES
from benchmarks.takes import takes

SIDE = Side(rate=100.0, cpu=0.002, server=1.0, client=0.4, others=0.0, p50=0.001, health=0.001, worst_health=0.02)
SPIN = next(row for row in ROWS if row.health)


def test_everything_is_taken_and_each_record_has_a_name_of_its_own() -> None:
    names = [name for take in takes(peers=True) for name in take.records]
    assert len(set(names)) == len(names)
    assert {row.name for row in ROWS} | {single.name for single in SINGLES} <= set(names)
    assert "http/128/ase/process:mlserver-worker" in names


def test_without_peers_there_is_none() -> None:
    assert not any(":" in name for take in takes(peers=False) for name in take.records)


def test_a_contest_for_which_we_have_no_row_is_an_error_not_a_gap() -> None:
    with pytest.raises(ValueError, match=r"http/128/ase:mlserver: no row of Athena's is named http/128/ase/"):
        takes(peers=True, rows=(SPIN,), contests=CONTESTS[:1])


def test_a_row_gives_what_else_its_pairs_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "measure", lambda row, plan, said: [Pair(SIDE, evolve(SIDE, rate=50.0))])
    (take,) = takes(peers=False, rows=(SPIN,))[:1]
    ratio, health, longest = take.run(Plan(1), print)
    assert (ratio.spread.median, ratio.verdict) == (2.0, "second")
    assert (health.name, health.spread.median, health.verdict) == ("http/spin/process/health", 1.0, "second")
    assert (longest.spread.median, longest.verdict) == (20.0, "missed")
    assert tuple(record.name for record in (ratio, health, longest)) == take.records


def test_a_peer_that_cannot_be_measured_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environments.VARIABLE, str(tmp_path))
    take = next(take for take in takes(peers=True) if take.name == "http/128/ase:litserve")
    with pytest.raises(Absent, match="peers --prepare"):
        take.run(Plan(1), print)
