"""What idle sessions and further services cost everybody else: a call's p50 and CPU beside many and beside one."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from .judge import Floor
from .load import HttpLoad
from .measure import ROOT, Server, pinned, serving
from .pairs import LOAD_CORE, SERVER_CORE
from .singles import Sample, Single

__all__ = ["GROWTH"]

IDLE, SERVICES = 5_000, 50
SECONDS = 3.0
TOML = "benchmarks/tomls/growth.toml"
AT_C1, AT_C32 = HttpLoad(128, 1), HttpLoad(128)


@contextlib.contextmanager
def house(*settings: str) -> Iterator[Server]:
    """A kernel with room for so many sessions."""
    argv = ["-m", "athena.cli", "run", TOML, *(f"--set={each}" for each in settings)]
    with serving(argv, core=SERVER_CORE) as server:
        AT_C32.check(server.url)
        yield server


@contextlib.contextmanager
def idle(url: str, count: int) -> Iterator[None]:
    """So many sessions that say nothing, held open by a process of their own."""
    argv = pinned([sys.executable, "-m", "benchmarks.load.idle", url, str(count)], LOAD_CORE)
    process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != b"open":
            raise RuntimeError(f"{count} sessions could not be opened")
        yield
    finally:
        process.communicate(timeout=60)


def cost(server: Server, by: str) -> float:
    """Microseconds of one call: its p50 alone, or the CPU it takes the server with 32 under way."""
    if by == "p50":
        return (AT_C1.run(server.url, SECONDS, LOAD_CORE).p50 or 0.0) * 1e6
    before = server.cpu()
    sample = AT_C32.run(server.url, SECONDS, LOAD_CORE)
    return (server.cpu() - before) / sample.count * 1e6


def of_sessions(by: str) -> Sample:
    """With 5,000 idle sessions, and with one, on the same kernel."""
    with house() as server:
        with idle(server.url, 1):
            one = cost(server, by)
        with idle(server.url, IDLE):
            many = cost(server, by)
    return many, one


def of_services(by: str) -> Sample:
    """With 50 services, and with one."""
    more = [f'services.s{number}.wrapper="benchmarks.wrappers:Mirror"' for number in range(1, SERVICES)]
    threads = [f'services.s{number}.executor="thread"' for number in range(1, SERVICES)]
    with house() as server:
        one = cost(server, by)
    with house(*more, *threads) as server:
        many = cost(server, by)
    return many, one


def _all() -> tuple[Single, ...]:
    floor = Floor(None, 1.15, at_least=False)
    kinds = (("sessions", f"{IDLE:,} idle sessions", of_sessions), ("services", f"{SERVICES} services", of_services))
    return tuple(
        Single(
            f"growth/{kind}/{by}", f"{by} of a call beside {title}", "thread", "µs", "ratio", partial(take, by), floor
        )
        for kind, title, take in kinds
        for by in ("p50", "cpu")
    )


GROWTH = _all()
