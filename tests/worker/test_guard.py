"""The guard: a worker dies with its kernel, gains no rights and leaves no core."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux")

ROOT = Path(__file__).parents[2]
SETTLE = """
import os, resource, socket, sys
from athena.worker import guard
end = socket.socket(fileno=int(sys.argv[1]))
print(guard.settle(end), os.get_inheritable(end.fileno()), resource.getrlimit(resource.RLIMIT_CORE)[0],
      "NoNewPrivs:\\t1" in open("/proc/self/status").read(), flush=True)
"""


def settled(after: str, *, closed: bool = False, **options: bool) -> tuple[subprocess.Popen[str], socket.socket]:
    ours, theirs = socket.socketpair()
    if closed:
        ours.close()
    process = subprocess.Popen(
        [sys.executable, "-c", SETTLE + after, str(theirs.fileno())],
        pass_fds=(theirs.fileno(),),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        **options,
    )
    theirs.close()
    return process, ours


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def gone(pid: int, within: float = 5.0) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


def test_a_worker_settles_and_sees_that_its_kernel_is_there() -> None:
    process, ours = settled("")
    assert line(process) == "True False 0 True"
    process.wait(5)
    process.communicate()
    ours.close()


def test_a_worker_whose_kernel_has_gone_meanwhile_is_told_so() -> None:
    process, _ = settled("", closed=True)
    assert line(process).startswith("False")
    process.wait(5)
    process.communicate()


def test_the_end_of_whoever_spawned_it_is_its_own_end() -> None:
    """The worker's parent is a process of its own here; its stream to us stays open, so only the signal can tell it."""
    ours, theirs = socket.socketpair()
    code = (
        "import subprocess, sys\n"
        f"argv = [sys.executable, '-c', {SETTLE + 'import time; time.sleep(60)'!r}, sys.argv[1]]\n"
        "worker = subprocess.Popen(argv, pass_fds=(int(sys.argv[1]),), stdout=subprocess.PIPE)\n"
        "worker.stdout.readline()\n"
        "print(worker.pid, flush=True)\n"
        "import time; time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(theirs.fileno())],
        pass_fds=(theirs.fileno(),),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    worker = int(line(parent))
    parent.kill()
    parent.wait(5)
    assert gone(worker)
    parent.communicate()
    ours.close()
    theirs.close()


def test_alone_ends_the_whole_group() -> None:
    after = """
import subprocess
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(other.pid, flush=True)
guard.alone()
"""
    process, ours = settled(after, start_new_session=True)
    line(process)
    other = int(line(process))
    assert process.wait(10) == -signal.SIGKILL
    assert gone(other)
    process.communicate()
    ours.close()


def test_alone_spares_a_group_that_is_not_its_own() -> None:
    process, ours = settled("guard.alone()\n")
    assert process.wait(10) == 1
    assert os.getpgrp() > 0
    process.communicate()
    ours.close()
