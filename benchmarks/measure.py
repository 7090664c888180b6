"""A server in its own process on its own core: started, watched, stopped; and its CPU counted by the kernel."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from attrs import frozen

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
"""Every core we may use."""
START = 60.0
"""Seconds a server may take to say that it is ready."""
STOP = 15.0
"""Seconds it may take to end."""


@frozen
class Server:
    """A running server.

    Attributes:
        url: What it said when it was ready.
        pid: Its process; its children count as its own.
        cold: Seconds from its start to its ready line.
    """

    url: str
    pid: int
    cold: float

    def tree(self) -> list[int]:
        """It and its descendants."""
        pids, found = [self.pid], []
        while pids:
            pid = pids.pop()
            found.append(pid)
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    pids += [int(child) for child in task.read_text().split()]
        return found

    def cpu(self) -> float:
        """Seconds of CPU it and its descendants have used."""
        return sum(_cpu(pid) for pid in self.tree())

    def pss(self) -> list[float]:
        """Proportional set size in MiB: its own, then each descendant's."""
        return [_pss(pid) for pid in self.tree()]


@contextlib.contextmanager
def serving(argv: Sequence[str], *, core: int | None) -> Iterator[Server]:
    """Run a server until the block ends.

    Args:
        argv: Python's arguments; the server prints ``ready URL…`` on stdout.
        core: The core it is pinned to; None for any.
    """
    command = pinned([sys.executable, *argv], core)
    with tempfile.TemporaryFile() as stderr:
        began = time.monotonic()
        places = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "PYTHONPATH": places}
        # Installed packages have their bytecode beside them: a start must not be charged with compiling its sources.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, env=environment)
        try:
            url = _ready(process, stderr)
            yield Server(url, process.pid, time.monotonic() - began)
        finally:
            stop(process)


def pinned(argv: Sequence[str], core: int | None) -> list[str]:
    """The command that runs on that core, or on any."""
    # The harness itself is pinned: a server for which nothing is said must not inherit that.
    cores = ",".join(map(str, CORES)) if core is None else str(core)
    return ["taskset", "-c", cores, *argv]


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a server to end, and end it with whatever it left running."""
    tree = Server("", process.pid, 0.0).tree()
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in tree[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def athena(toml: str, executor: str, *, core: int | None) -> AbstractContextManager[Server]:
    """``athena run`` with one of ``benchmarks/tomls``."""
    path = f"benchmarks/tomls/{toml}.toml"
    argv = ["-m", "athena.cli", "run", path, "--set", f"services.echo.executor={executor}"]
    return serving(argv, core=core)


def bare(argv: Sequence[str], *, core: int | None) -> AbstractContextManager[Server]:
    """One of ``benchmarks/bare``."""
    return serving(["-m", f"benchmarks.bare.{argv[0]}", *argv[1:]], core=core)


def machine_cpu() -> float:
    """Seconds of CPU everything on this machine has used."""
    numbers = [int(number) for number in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = numbers[3] + numbers[4]
    return (sum(numbers) - idle) / TICK


def _ready(process: subprocess.Popen[bytes], stderr: IO[bytes]) -> str:
    assert process.stdout is not None
    until = time.monotonic() + START
    while time.monotonic() < until:
        if select.select([process.stdout], [], [], 0.05)[0]:
            line = process.stdout.readline().decode()
            if line.startswith("ready "):
                return line.split()[1]
            if not line:
                break
    stderr.seek(0)
    raise RuntimeError(f"{process.args!r} did not become ready: {stderr.read().decode()[-2000:]}")


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def _pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
