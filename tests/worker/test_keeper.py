"""The keeper: whatever a worker starts, however it hides, ends with the worker, and with the kernel."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="orphans are handed over by Linux alone")

KEEPER = Path(__file__).parents[2] / "athena" / "worker" / "keeper.py"
DAEMON = """
import os, subprocess, sys, time
if not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    print(os.getpid(), flush=True)
    if not os.fork():
        print(os.getpid(), flush=True)
    time.sleep(60)
os.wait()
"""
"""Forks twice, into a session of its own, and then once more: no group, no session, no parent ties it to the worker."""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def kept(stack: ExitStack, code: str, **orders: object) -> subprocess.Popen[str]:
    words = [f"{name}={value}" for name, value in {"kernel": os.getpid(), **orders}.items()]
    argv = [sys.executable, "-I", "-S", str(KEEPER), *words, "--", sys.executable, "-c", code]
    process = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    stack.enter_context(process)
    stack.callback(process.kill)
    return process


def numbers(process: subprocess.Popen[str], count: int) -> list[int]:
    assert process.stdout is not None
    return [int(process.stdout.readline()) for _ in range(count)]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def gone(*pids: int, within: float = 5.0) -> bool:
    until = time.monotonic() + within
    while any(map(alive, pids)) and time.monotonic() < until:
        time.sleep(0.01)
    return not any(map(alive, pids))


def test_the_exit_is_the_workers_own(stack: ExitStack) -> None:
    assert kept(stack, "raise SystemExit(7)").wait(10) == 7
    assert kept(stack, "import os; os.kill(os.getpid(), 11)").wait(10) == -signal.SIGSEGV
    assert kept(stack, "import os; os.kill(os.getpid(), 9)").wait(10) == -signal.SIGKILL


def test_a_daemon_ends_with_the_worker_that_started_it(stack: ExitStack) -> None:
    worker = kept(stack, DAEMON + "sys.stdin.readline()\n")
    daemons = numbers(worker, 2)
    assert worker.stdin is not None
    worker.stdin.write("leave\n")
    worker.stdin.flush()
    assert worker.wait(10) == 0
    assert not any(map(alive, daemons)), "the keeper's end comes after theirs"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_worker_is_told_to_leave_or_killed_and_its_daemons_with_it(stack: ExitStack, number: int) -> None:
    worker = kept(stack, DAEMON + "time.sleep(60)\n")
    daemons = numbers(worker, 2)
    worker.send_signal(number)
    assert worker.wait(10) == (-signal.SIGTERM if number == signal.SIGTERM else -signal.SIGKILL)
    assert not any(map(alive, daemons))


def test_the_end_of_the_kernel_ends_everything(stack: ExitStack) -> None:
    code = (
        "import os, subprocess, sys, time\n"
        f"argv = [sys.executable, '-I', '-S', {str(KEEPER)!r}, f'kernel={{os.getpid()}}', '--', sys.executable, '-c']\n"
        f"p = subprocess.Popen([*argv, {DAEMON + 'time.sleep(60)'!r}], stdout=subprocess.PIPE, text=True)\n"
        "print(p.pid, flush=True)\n"
        "for _ in range(2): print(p.stdout.readline(), end='', flush=True)\n"
        "time.sleep(60)\n"
    )
    kernel = stack.enter_context(subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True))
    pids = numbers(kernel, 3)
    assert all(map(alive, pids))
    kernel.kill()
    kernel.wait(5)
    assert gone(*pids, within=1.0)


def test_a_kernel_that_has_gone_meanwhile_gets_no_worker(stack: ExitStack, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    assert kept(stack, f"open({str(mark)!r}, 'w')", kernel=1).wait(10) == 1
    assert not mark.exists()


SEEN = """
import json, os, resource, signal
def limit(name): return resource.getrlimit(getattr(resource, name))
print(json.dumps({
    "files": limit("RLIMIT_NOFILE"), "file_size": limit("RLIMIT_FSIZE"), "memory": limit("RLIMIT_AS"),
    "cpu": limit("RLIMIT_CPU"), "core": limit("RLIMIT_CORE"), "cpus": sorted(os.sched_getaffinity(0)),
    "cwd": os.getcwd(), "mode": os.stat(".").st_mode & 0o777, "group": os.getpgrp() == os.getpid(),
    "privs": "NoNewPrivs:\\t1" in open("/proc/self/status").read(),
    "blocked": len(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
}))
"""


def test_the_worker_is_confined_as_ordered(stack: ExitStack, tmp_path: Path) -> None:
    cpu = min(os.sched_getaffinity(0))
    private = tmp_path / "private"
    orders = {"files": 64, "file_size": 1 << 20, "memory": 1 << 32, "cpu": 30, "core": 0, "cpus": cpu}
    worker = kept(stack, SEEN + "open('left', 'w')", private=private, cwd=private, **orders)
    assert worker.stdout is not None
    seen = worker.stdout.readline()
    assert worker.wait(10) == 0
    assert '"files": [64, 64], "file_size": [1048576, 1048576], "memory": [4294967296, 4294967296]' in seen
    assert f'"cpu": [30, 30], "core": [0, 0], "cpus": [{cpu}], "cwd": "{private}", "mode": 448' in seen
    assert '"group": true, "privs": true, "blocked": 0' in seen
    assert gone_folder(private)


def gone_folder(path: Path) -> bool:
    until = time.monotonic() + 5
    while path.exists() and time.monotonic() < until:
        time.sleep(0.01)
    return not path.exists()


def test_what_lies_in_the_private_folder_goes_and_what_its_links_lead_to_stays(
    stack: ExitStack, tmp_path: Path
) -> None:
    private, kept_file = tmp_path / "private", tmp_path / "mine" / "file"
    kept_file.parent.mkdir()
    kept_file.touch()
    code = f"import os; os.makedirs('a/b'); open('a/b/c', 'w'); os.symlink({str(kept_file.parent)!r}, 'a/link')"
    assert kept(stack, code, private=private, cwd=private).wait(10) == 0
    assert gone_folder(private)
    assert kept_file.exists()


def test_what_cannot_be_confined_as_asked_is_not_started(stack: ExitStack, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    worker = kept(stack, f"open({str(mark)!r}, 'w')", cpus=4095)
    _, said = worker.communicate(timeout=10)
    assert worker.returncode == 126
    assert "cannot be confined as asked" in said
    assert not mark.exists()


def test_a_program_that_cannot_be_executed_says_so(stack: ExitStack) -> None:
    argv = [sys.executable, "-I", "-S", str(KEEPER), f"kernel={os.getpid()}", "--", "/nowhere/program"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 127
    assert "/nowhere/program cannot be started" in done.stderr
