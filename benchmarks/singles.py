"""What is one number at a time: starting cold, idle memory, importing, and the kernel's own CPU without a transport."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from attrs import field, frozen

from .judge import Floor
from .load import DealerLoad, GrpcLoad, HttpLoad, Load
from .measure import ROOT, Server, athena, bare
from .pairs import SERVER_CORE, client_cpu
from .rows import RAW, ROUTER, TYPED

SETTLE = 1.0
"""Seconds a server idles before its memory is read."""
STARTS = 7
WIRES: dict[str, tuple[tuple[str, ...], Load]] = {
    "http": (RAW, HttpLoad(128, form="raw")),
    "grpc": (TYPED, GrpcLoad(128)),
    "zmq": (ROUTER, DealerLoad(128)),
}
Sample = tuple[float, float]
"""Athena's number and the bare one."""


@frozen
class Single:
    """One line of the table.

    Attributes:
        name, title, executor, floor: As in :class:`benchmarks.rows.Row`.
        unit: Of the two numbers.
        by: ``ratio``, ``difference`` or ``value`` (Athena's number alone).
        take: Measures once.
    """

    name: str
    title: str
    executor: str
    unit: str
    by: str
    take: Callable[[], Sample]
    floor: Floor = field(factory=Floor)

    def value(self, sample: Sample) -> float:
        """What is judged."""
        ours, theirs = sample
        return {"ratio": ours / theirs if theirs else 0.0, "difference": ours - theirs, "value": ours}[self.by]


def cold(wire: str, executor: str) -> Sample:
    """Milliseconds from the start of the process to the first good answer."""
    argv, load = WIRES[wire]

    def first(starting: AbstractContextManager[Server]) -> float:
        began = time.monotonic()
        with starting as server:
            load.check(server.url)
            return (time.monotonic() - began) * 1000

    return first(athena(wire, executor, core=SERVER_CORE)), first(bare(argv, core=SERVER_CORE))


def memory(wire: str, executor: str, worker: bool) -> Sample:
    """Idle MiB after one call: the kernel's process beside a bare server, or a worker alone."""
    argv, load = WIRES[wire]

    def idle(starting: AbstractContextManager[Server]) -> list[float]:
        with starting as server:
            load.check(server.url)
            time.sleep(SETTLE)
            return server.pss()

    ours = idle(athena(wire, executor, core=SERVER_CORE))
    if worker:
        return max(ours[1:]), 0.0
    return ours[0], idle(bare(argv, core=SERVER_CORE))[0]


def importing() -> Sample:
    """CPU milliseconds of an interpreter that imports athena, and of one that imports nothing: the best of a few."""

    def best(code: str) -> float:
        return min(_run(code) for _ in range(STARTS))

    return best("import athena"), best("pass")


def _run(code: str) -> float:
    # Importing waits for nothing, so its CPU is its time, less what others on the core took of it.
    before = client_cpu()
    subprocess.run(["taskset", "-c", str(SERVER_CORE), sys.executable, "-c", code], cwd=ROOT, check=True)
    return (client_cpu() - before) * 1000


def inside(executor: str) -> Sample:
    """Microseconds of CPU of one call that comes from within the process; the caller's own few are in it."""
    argv = ["taskset", "-c", str(SERVER_CORE), sys.executable, "-m", "benchmarks.load.inside", executor, "2"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    found = json.loads(done.stdout)
    return found["cpu"] / found["count"] * 1e6, 0.0


def _all() -> tuple[Single, ...]:
    found: list[Single] = []
    seconds = {"thread": (2.5, 8.0), "process": (4.0, 20.0)}
    for executor, (start, call) in seconds.items():
        for wire in WIRES:
            floor = Floor(5.0, start, at_least=False)
            take: Callable[[], Sample] = partial(cold, wire, executor)
            found.append(Single(f"cold/{wire}/{executor}", f"cold start, {wire}", executor, "ms", "ratio", take, floor))
            floor = Floor(2.5, 1.6, at_least=False)
            take = partial(memory, wire, executor, False)
            title = f"idle memory, {wire}"
            found.append(Single(f"pss/{wire}/{executor}", title, executor, "MiB", "ratio", take, floor))
        title, floor = "CPU of a call without a transport", Floor(None, call, at_least=False)
        found.append(Single(f"inside/{executor}", title, executor, "µs", "value", partial(inside, executor), floor))
    title, floor = "CPU of a call that no thread answers", Floor(None, 3.0, at_least=False)
    found.append(Single("inside/inline", title, "inline", "µs", "value", partial(inside, "inline"), floor))
    floor = Floor(40.0, 25.0, at_least=False)
    take = partial(memory, "http", "process", True)
    found.append(Single("pss/worker", "idle memory of a worker", "process", "MiB", "value", take, floor))
    floor = Floor(40.0, None, at_least=False)
    found.append(Single("import", "import athena over a bare interpreter", "", "ms", "difference", importing, floor))
    return tuple(found)


SINGLES = _all()
