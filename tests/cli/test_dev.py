"""``athena dev``: what is saved is running a moment later, and what fails is told with the author's own traceback."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from athena.cli.dev import AuthorLines, on_a_desktop, page
from athena.models import Endpoint

from .conftest import in_a_process

WRAPPER = """
from athena import Part, Reply, Wrapper, hookimpl


class Upper(Wrapper):
    @hookimpl
    def athena_once_exec(self, request):
        return Reply((Part.from_text("text", say(request.part("text").text)),))


def say(text):
    return text.upper()
"""
WORDS = ("--wrapper", "upper.py", "--transport", "http=127.0.0.1:0")


class Developing:
    """An ``athena dev`` in a process of its own, over a wrapper that is edited."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._folder = folder

    def told(self) -> str:
        return (self._folder / "stderr").read_text()

    def wait_for(self, word: str, times: int = 1) -> str:
        until = time.monotonic() + 30
        while self.told().count(word) < times:
            assert time.monotonic() < until, f"{word!r} was not said {times} times: {self.told()}"
            assert self.process.poll() is None, self.told()
            time.sleep(0.05)
        return self.told()

    def endpoint(self) -> str:
        assert self.process.stdout is not None
        ready, *urls = self.process.stdout.readline().split()
        assert ready == "ready"
        return urls[0]

    def save(self, text: str) -> None:
        (self._folder / "upper.py").write_text(text)


@pytest.fixture
def develop(tmp_path: Path) -> Iterator[Callable[..., Developing]]:
    with contextlib.ExitStack() as stack:

        def start(text: str, *words: str, **environment: str) -> Developing:
            (tmp_path / "upper.py").write_text(text)
            errors = stack.enter_context((tmp_path / "stderr").open("w"))
            process = subprocess.Popen(
                [sys.executable, "-m", "athena.cli", "dev", *(words or WORDS)],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=tmp_path,
                env={**os.environ, "NO_COLOR": "1", **environment},
            )
            stack.callback(lambda: (process.kill(), process.wait()))
            return Developing(tmp_path, process)

        yield start


def called(endpoint: str) -> tuple[int, str]:
    done = in_a_process("call", endpoint, "upper", "text=hello world")
    return done.returncode, done.stdout


def test_what_is_saved_is_served_what_is_broken_is_explained_and_what_ran_before_runs_on(
    develop: Callable[..., Developing],
) -> None:
    developing = develop(WRAPPER)
    endpoint = developing.endpoint()
    developing.wait_for(f"try it on {endpoint}/")
    assert called(endpoint) == (0, "HELLO WORLD\n")

    developing.save(WRAPPER.replace("upper()", "title()"))
    developing.wait_for("\nservices.upper: new workers have taken over")
    assert called(endpoint) == (0, "Hello World\n")

    developing.save(WRAPPER.replace("from athena", "import nowhere_at_all\nfrom athena"))
    told = developing.wait_for("refused: what ran before runs on")
    assert "import nowhere_at_all\nModuleNotFoundError" in told
    assert "upper.py cannot be imported: ModuleNotFoundError: No module named 'nowhere_at_all'" in told
    assert called(endpoint) == (0, "Hello World\n")

    developing.save(WRAPPER.replace("text.upper()", "text.uper()"))
    developing.wait_for("\nservices.upper: new workers have taken over", times=2)
    assert called(endpoint)[0] == 1
    told = developing.wait_for("AttributeError: 'str' object has no attribute 'uper'")
    frames = [line for line in told.splitlines() if line.startswith("  File ")]
    assert all("upper.py" in line for line in frames), frames
    assert any(line.endswith("in say") for line in frames)

    developing.process.send_signal(signal.SIGINT)
    assert developing.process.wait(20) == 0


def test_a_start_that_fails_is_tried_again_after_the_next_save_and_the_page_is_opened_when_asked(
    develop: Callable[..., Developing], tmp_path: Path
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\necho "$1" > {tmp_path}/opened.part && mv {tmp_path}/opened.part {tmp_path}/opened\n'
    )
    browser.chmod(0o755)
    developing = develop("def broken(:\n", *WORDS, "--open", BROWSER=f"{browser} %s")
    told = developing.wait_for("not started; the next save is tried")
    assert "upper.py cannot be imported: SyntaxError" in told
    developing.save(WRAPPER)
    endpoint = developing.endpoint()
    assert called(endpoint) == (0, "HELLO WORLD\n")
    until = time.monotonic() + 20
    while not (tmp_path / "opened").exists():
        assert time.monotonic() < until, developing.told()
        time.sleep(0.05)
    assert (tmp_path / "opened").read_text() == f"{endpoint}/\n"


def test_it_is_told_to_stop_while_it_waits_for_a_save(develop: Callable[..., Developing]) -> None:
    developing = develop("raise SystemExit\n")
    developing.wait_for("not started; the next save is tried")
    developing.process.send_signal(signal.SIGTERM)
    assert developing.process.wait(20) == 0


def test_a_page_is_opened_where_a_window_comes_up_before_whoever_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert not on_a_desktop()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert on_a_desktop()
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
    assert not on_a_desktop()
    monkeypatch.delenv("SSH_CONNECTION")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    assert not on_a_desktop()


def test_an_answer_that_is_not_what_its_wrapper_declares_is_refused(develop: Callable[..., Developing]) -> None:
    declared = WRAPPER.replace("    @hookimpl", '    outputs = (fields.text("said"),)\n\n    @hookimpl')
    developing = develop(declared.replace("import Part", "import fields, Part"))
    done = in_a_process("call", developing.endpoint(), "upper", "text=hello")
    assert done.returncode == 1
    assert "payload.text: unknown; it declares: said; payload.said: missing" in done.stderr


def test_the_page_is_that_of_the_first_address_a_browser_can_open() -> None:
    mine, bare, web = (
        Endpoint("mine", "127.0.0.1", 1),
        Endpoint("https", path="/run/x.sock"),
        Endpoint("https", "::1", 2),
    )
    assert page([mine, bare, web]) == "https://[::1]:2/"
    assert page([mine, bare]) == ""


def test_a_traceback_keeps_its_authors_frames_and_loses_ours() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 0, "it raised", (), None)
    record.msg = (
        "it raised\nTraceback (most recent call last):\n"
        '  File "/x/athena/executors/lanes.py", line 1, in run\n    job()\n    ^^^^^\n'
        '  File "/home/ada/athena-wrappers/mine.py", line 2, in say\n    1 / 0\n    ~~^~~\n'
        '  File "/x/lib/numpy/core.py", line 3, in divide\n    halt()\n'
        "ZeroDivisionError: division by zero"
    )
    text = AuthorLines(logging.Formatter()).format(record)
    assert text.splitlines() == [
        "it raised",
        "Traceback (most recent call last):",
        '  File "/home/ada/athena-wrappers/mine.py", line 2, in say',
        "    1 / 0",
        "    ~~^~~",
        '  File "/x/lib/numpy/core.py", line 3, in divide',
        "    halt()",
        "ZeroDivisionError: division by zero",
    ]
