"""``athena run`` in a process of its own: the ready line, the exit codes, the signals; and what its words mean."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import click
import pytest

from athena.cli.run import plan

from .conftest import in_a_process

SLOW = """
import pathlib, time
from athena import Reply, Wrapper, hookimpl

HERE = pathlib.Path(__file__).parent

class Slow(Wrapper):
    @hookimpl
    def athena_init(self, context):
        (HERE / "loading").touch()
        time.sleep(INIT)
    @hookimpl
    def athena_once_exec(self, request):
        (HERE / "working").touch()
        time.sleep(float(request.params["seconds"]))
        return Reply(request.parts)
"""
THREAD = "--set=services.echo.executor=thread"


class Running:
    """A kernel that was started by ``athena run``."""

    def __init__(self, process: subprocess.Popen[str], errors: IO[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.ready = process.stdout.readline()
        self.endpoints = self.ready.split()[1:]
        self._errors = errors

    def told(self) -> str:
        self._errors.seek(0)
        return self._errors.read()

    def wait_for(self, word: str) -> None:
        until = time.monotonic() + 20
        while word not in self.told():
            assert time.monotonic() < until, f"{word!r} was not said: {self.told()}"
            time.sleep(0.02)

    def ended(self, *signals: int) -> tuple[int, str, str]:
        for number in signals:
            self.process.send_signal(number)
        rest = self.process.communicate(timeout=30)[0]
        return self.process.returncode, self.ready + rest, self.told()


Start = Callable[..., Running]


@pytest.fixture
def athena_run(tmp_path: Path) -> Iterator[Start]:
    with contextlib.ExitStack() as stack:

        def start(*words: str) -> Running:
            errors = stack.enter_context((tmp_path / "stderr").open("w+"))
            process = subprocess.Popen(
                [sys.executable, "-m", "athena.cli", "run", *words],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=tmp_path,
            )
            stack.callback(lambda: (process.kill(), process.wait()))
            return Running(process, errors)

        yield start


@pytest.mark.parametrize("executor", ["thread", "process"])
def test_one_line_says_when_and_where_and_a_signal_ends_it_with_0(executor: str, athena_run: Start) -> None:
    running = athena_run("--wrapper", "echo", "-t", "grpc=127.0.0.1:0", f"--set=services.echo.executor={executor}")
    assert running.ready.startswith("ready grpc://127.0.0.1:")
    assert int(running.endpoints[0].rpartition(":")[2]) > 0
    done = in_a_process("call", running.endpoints[0], "echo", "text=hello")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")
    code, out, err = running.ended(signal.SIGTERM)
    assert (code, out) == (0, running.ready)
    assert "Traceback" not in err


def test_without_a_file_it_serves_over_every_installed_transport() -> None:
    wishes = plan(None, ["echo"], [], []).wishes
    assert [wish.path for wish in wishes] == [
        ("services", "echo", "wrapper"),
        ("transports", "grpc"),
        ("transports", "http"),
        ("transports", "zmq"),
    ]


def test_the_toml_of_the_folder_is_served_when_nothing_is_said(athena_run: Start, tmp_path: Path) -> None:
    (tmp_path / "aiges.toml").write_text('[services.echo]\nwrapper = "echo"\nexecutor = "thread"\n')
    running = athena_run()
    assert running.ready == "ready\n"
    assert running.ended(signal.SIGINT)[0] == 0


def test_with_nothing_to_serve_it_is_refused_with_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        click.UsageError, match=r"there is no aiges\.toml here; name a file, or a wrapper with --wrapper"
    ):
        plan(None, [], [], [])


def test_two_services_of_one_name_are_refused_and_a_name_is_proposed() -> None:
    with pytest.raises(click.UsageError, match="a second service 'echo'; say --wrapper NAME=echo"):
        plan(None, ["echo", "echo"], [], [])
    assert [wish.path[1] for wish in plan(None, ["one=echo", "two=echo"], ["x"], []).wishes[:2]] == ["one", "two"]


def test_options_cannot_change_what_is_no_file() -> None:
    with pytest.raises(click.UsageError, match="options change a file"):
        plan("consul://127.0.0.1/x", [], [], ["log.level=debug"])


def test_a_broken_toml_is_refused_with_2_every_problem_on_a_line_and_nothing_on_stdout(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(
        '[services.echo]\nwrapper = "echo"\nthread = 2\n[transports.grpc]\nport = "x"\n[log]\nlevel = "loud"\n'
    )
    done = in_a_process("run", str(file))
    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.removeprefix(f"{file}:")[:2] for line in lines] == ["3:", "5:", "7:"]
    assert "services.echo.thread: unknown key; expected one of: " in lines[0]


def test_a_wrong_option_is_told_as_the_option_it_is(tmp_path: Path) -> None:
    done = in_a_process("run", "-w", "ehco", "-t", "grpc=0", "--set", "log.level=loud")
    assert done.returncode == 2
    assert "--set log.level=loud: log.level: " in done.stderr
    done = in_a_process("run", "-w", "ehco", "-t", "grpc=0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--wrapper ehco: services.ehco.wrapper: wrappers.ehco is not installed; installed: echo" in done.stderr


def test_a_file_that_is_not_there_is_refused() -> None:
    done = in_a_process("run", "nowhere.toml")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "nowhere.toml: no such file\n")


def test_a_port_in_use_is_a_failure_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = in_a_process("run", "-w", "echo", "-t", f"grpc={port}", THREAD)
    assert (done.returncode, done.stdout) == (1, "")
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


def appears(file: Path) -> None:
    until = time.monotonic() + 20
    while not file.exists():
        assert time.monotonic() < until, f"{file.name} did not appear"
        time.sleep(0.02)
    file.unlink()


def test_a_signal_during_a_slow_start_ends_it_at_once(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW.replace("INIT", "40"))
    command = [sys.executable, "-m", "athena.cli", "run", "-w", "slow.py", "-t", "grpc=0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    try:
        appears(tmp_path / "loading")
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        out, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, out) == (0, "")
    assert time.monotonic() - began < 15


@pytest.fixture
def slow(athena_run: Start, tmp_path: Path) -> Iterator[Callable[[float], tuple[Running, subprocess.Popen[str]]]]:
    """A kernel in the middle of a call that takes so many seconds, and who waits for its answer."""
    (tmp_path / "slow.py").write_text(SLOW.replace("INIT", "0"))
    callers: list[subprocess.Popen[str]] = []

    def start(seconds: float) -> tuple[Running, subprocess.Popen[str]]:
        running = athena_run("-w", "slow.py", "-t", "grpc=0")
        call = [
            sys.executable,
            "-m",
            "athena.cli",
            "call",
            running.endpoints[0],
            "slow",
            "text=late",
            f"-pseconds={seconds}",
        ]
        callers.append(subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        appears(tmp_path / "working")
        return running, callers[-1]

    yield start
    for caller in callers:
        caller.kill()
        caller.wait()


def test_work_is_finished_before_it_ends(slow: Callable[[float], tuple[Running, subprocess.Popen[str]]]) -> None:
    running, caller = slow(1.0)
    assert running.ended(signal.SIGTERM)[0] == 0
    assert caller.communicate(timeout=20)[0] == "late\n"


def test_a_second_signal_does_not_wait(slow: Callable[[float], tuple[Running, subprocess.Popen[str]]]) -> None:
    running, caller = slow(40.0)
    running.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    began = time.monotonic()
    code, _, err = running.ended(signal.SIGTERM)
    assert code == 0
    assert "stopping now" in err
    assert time.monotonic() - began < 15
    _, complaint = caller.communicate(timeout=20)
    assert caller.returncode == 1
    assert "Traceback" not in complaint


def test_sighup_reloads_and_a_refused_reload_changes_nothing(athena_run: Start, tmp_path: Path) -> None:
    file = tmp_path / "aiges.toml"
    good = '[services.echo]\nwrapper = "echo"\nexecutor = "thread"\nqueue = 3\n[transports.grpc]\nport = 0\n'
    file.write_text(good)
    running = athena_run("aiges.toml")
    file.write_text(good.replace("queue = 3", "queue = 4"))
    running.process.send_signal(signal.SIGHUP)
    running.wait_for("reloaded")
    file.write_text(good.replace("queue = 3", "quee = 4"))
    running.process.send_signal(signal.SIGHUP)
    running.wait_for("aiges.toml:4: services.echo.quee: unknown key")
    running.wait_for("the running configuration stays")
    assert in_a_process("call", running.endpoints[0], "echo", "text=still here").stdout == "still here\n"
    assert running.ended(signal.SIGTERM)[0] == 0


def test_options_are_kept_over_a_reload(athena_run: Start, tmp_path: Path) -> None:
    (tmp_path / "aiges.toml").write_text('[services.echo]\nwrapper = "echo"\n')
    running = athena_run("aiges.toml", THREAD, "-t", "grpc=0")
    running.process.send_signal(signal.SIGHUP)
    running.wait_for("reloaded")
    assert running.ended(signal.SIGTERM)[0] == 0


def test_logs_go_to_stderr_in_the_form_the_toml_says(athena_run: Start, tmp_path: Path) -> None:
    (tmp_path / "aiges.toml").write_text(
        '[services.echo]\nwrapper = "echo"\nexecutor = "thread"\n[log]\nformat = "json"\n'
    )
    running = athena_run("aiges.toml")
    running.process.send_signal(signal.SIGHUP)
    running.wait_for('"event": "reloaded: configuration ')
    _, out, _ = running.ended(signal.SIGTERM)
    assert out == "ready\n"
