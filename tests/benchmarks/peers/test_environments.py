"""The peers' environments are made once, and why one is missing is known afterwards."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.peers import environments
from benchmarks.peers.catalog import PEERS


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of environments, and requirements of one peer."""
    monkeypatch.setenv(environments.VARIABLE, str(tmp_path / "peers"))
    monkeypatch.setattr(environments, "REQUIREMENTS", tmp_path)
    (tmp_path / "one.txt").write_text("# a comment\none==1.2.3\nother==4\n")
    return tmp_path


def _makes(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Install by running that code; the environment's folder is its argument."""
    monkeypatch.setattr(environments, "_commands", lambda place, _: [[sys.executable, "-c", code, str(place)]])


GOOD = "import os, sys; os.makedirs(sys.argv[1] + '/bin'); open(sys.argv[1] + '/bin/python', 'w').close()"


def test_each_peer_has_requirements_that_pin_it() -> None:
    for peer in PEERS:
        assert peer.environment in environments.names()
        assert environments.version(peer.environment, peer.environment)[0].isdigit(), peer.name


def test_requirements_name_no_address_and_leave_nothing_open() -> None:
    for name in environments.names():
        lines = (environments.REQUIREMENTS / f"{name}.txt").read_text().splitlines()
        loose = [line for line in lines if not line.startswith("#") and "==" not in line]
        assert loose == [], name
        assert not any("://" in line for line in lines), name


def test_the_folder_is_that_of_the_variable(place: Path) -> None:
    assert environments.folder() == place / "peers"
    assert environments.python("one") == place / "peers" / "one" / "bin" / "python"


def test_what_was_never_made_says_how_to_make_it(place: Path) -> None:
    assert "peers --prepare" in environments.absence("one")


def test_an_environment_is_made_once(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    _makes(monkeypatch, GOOD)
    assert environments.prepare("one", told.append) == ""
    assert environments.absence("one") == ""
    _makes(monkeypatch, "raise SystemExit(1)")
    assert environments.prepare("one", told.append) == ""
    assert told == ["one: installing", "one: there already"]


def test_other_requirements_make_it_anew(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _makes(monkeypatch, GOOD)
    environments.prepare("one", print)
    (place / "one.txt").write_text("one==1.2.4\n")
    assert "requirements changed" in environments.absence("one")
    assert environments.prepare("one", print) == ""
    assert environments.absence("one") == ""


def test_why_it_could_not_be_installed_is_kept_until_it_can(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _makes(monkeypatch, "import sys; sys.exit('WARNING: slow\\nerror: no such version\\nfor reasons')")
    reason = environments.prepare("one", print)
    assert reason == "could not be installed: error: no such version for reasons"
    assert environments.absence("one") == reason
    _makes(monkeypatch, GOOD)
    assert environments.prepare("one", print) == ""


def test_the_version_is_the_pinned_one(place: Path) -> None:
    assert environments.version("one", "one") == "1.2.3"
    assert environments.version("one", "two") == "unknown"
