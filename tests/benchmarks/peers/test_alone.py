"""The run goes into a network namespace of its own where the machine lets it."""

from __future__ import annotations

import os
import sys

import pytest

from benchmarks.peers import alone


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    """What the process would have been replaced by."""
    calls: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execvpe", lambda file, argv, env: calls.append((argv, env)))
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--peers", "--rows", "^http"])
    monkeypatch.delenv(alone.MARK, raising=False)
    return calls


def test_the_same_command_runs_again_inside(
    replaced: list[tuple[list[str], dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "_way", lambda: ["--net"])
    alone.enter()
    argv, environment = replaced[0]
    assert argv == ["unshare", "--net", sys.executable, "-m", "benchmarks", "--peers", "--rows", "^http"]
    assert environment[alone.MARK] == "1"


def test_inside_only_the_loopback_is_switched_on(
    replaced: list[tuple[list[str], dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[bool] = []
    monkeypatch.setenv(alone.MARK, "1")
    monkeypatch.setattr(alone, "raise_loopback", lambda: raised.append(True))
    alone.enter()
    assert (replaced, raised) == ([], [True])


def test_where_it_is_not_allowed_the_run_goes_on_outside(
    replaced: list[tuple[list[str], dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "WAYS", ())
    alone.enter()
    assert replaced == []
    assert not alone.alone()
