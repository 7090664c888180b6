"""Broken tomls, given to the commands that people type: every fault with its line, exit code 2, and nothing started.

``tests/data/tomls`` breaks what the kernel's own tables say, so nobody is asked; ``tests/data/refused`` is refused by
what it names: a wrapper, a middleware, an interpreter.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from athena.cli.app import run

DATA = Path(__file__).parents[1] / "data"
BROKEN = sorted(file.stem for file in (DATA / "tomls").glob("*.toml") if file.stem != "good")
REFUSED = sorted(file.stem for file in (DATA / "refused").glob("*.toml"))
TYPED = ("header-unclosed", "key-twice", "unknown-key", "many-at-once", "plugin-not-installed", "wildcard-wrapper")
"""One of each kind, typed into a shell: not TOML, written twice, misspelt, many faults, not installed, the wildcard."""
STARTS = ("subprocess.Popen", "os.fork", "os.posix_spawn", "socket.bind", "socket.connect")


class Watch:
    """What of :data:`STARTS` happened. An audit hook stays for good, so there is one, and it looks when it is told."""

    def __init__(self) -> None:
        self.looking = False
        self.seen: list[str] = []

    def __call__(self, event: str, _: object) -> None:
        if self.looking and event in STARTS:
            self.seen.append(event)


WATCH = Watch()
sys.addaudithook(WATCH)


@pytest.fixture
def watch() -> Iterator[Watch]:
    WATCH.seen.clear()
    WATCH.looking = True
    yield WATCH
    WATCH.looking = False


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No colours; and `athena run` sets up the log of this whole process, which is put back."""
    monkeypatch.setenv("NO_COLOR", "1")
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def expected(folder: str, name: str) -> list[str]:
    """The lines a file says it expects, each with the file in front; ``...`` at the end of one stands for any rest."""
    text = (DATA / folder / f"{name}.toml").read_text()
    return [f"{name}.toml:{line}" for line in re.findall(r"^# expect: (.*)$", text, re.M)]


def assert_told(err: str, wanted: list[str]) -> None:
    told = [line for line in err.splitlines() if not line.startswith("{")]  # the log is beside it, as JSON
    assert len(told) == len(wanted), err
    for line, want in zip(told, wanted, strict=True):
        assert line.startswith(want[:-3]) if want.endswith("...") else line == want


def test_there_is_a_row_for_every_class_of_fault() -> None:
    assert len(BROKEN) >= 30
    assert set(TYPED) <= set(BROKEN)
    for folder, names in (("tomls", BROKEN), ("refused", REFUSED)):
        assert [name for name in names if not expected(folder, name)] == []


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_before_anything_starts(
    name: str, command: str, watch: Watch, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(DATA / "tomls")
    code = run([command, f"{name}.toml"])
    out, err = capsys.readouterr()
    assert (code, out, watch.seen) == (2, "", [])
    assert_told(err, expected("tomls", name))


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_a_file_names_refuses_with_the_files_own_line(
    name: str, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(DATA / "refused")
    code = run([command, f"{name}.toml"])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert_told(err, expected("refused", name))


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("name", TYPED)
def test_typed_into_a_shell_it_is_the_same(name: str, command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "athena.cli", command, f"{name}.toml"],
        cwd=DATA / "tomls",
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert_told(done.stderr, expected("tomls", name))


def test_the_watch_sees_what_starts(watch: Watch) -> None:
    subprocess.run([sys.executable, "-c", ""], check=True, timeout=50)
    assert watch.seen
