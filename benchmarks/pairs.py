"""A B A B …: Athena and the bare server under the same load, one right after the other."""

from __future__ import annotations

import contextlib
import http.client
import resource
import threading
import time
from collections.abc import Callable, Iterator
from statistics import median
from urllib.parse import urlsplit

from attrs import evolve, frozen

from .judge import Pair, Side
from .load import Load
from .measure import Server, athena, bare, machine_cpu
from .rows import Row

SERVER_CORE, LOAD_CORE = 0, 1
WARM_UP = 1.0
PULSE = 0.02
"""Seconds between two health checks."""
MORE = 3
"""How many times as many pairs as wanted are measured at most, when others disturb."""


@frozen
class Plan:
    """How to measure.

    Attributes:
        pairs: How many pairs count.
        seconds: How long each half takes.
        noise: Cores that others may use before a pair is discarded.
    """

    pairs: int = 5
    seconds: float = 3.0
    noise: float = 0.1


def measure(row: Row, plan: Plan, said: Callable[[str], None]) -> list[Pair]:
    """Every pair that was measured, noisy ones too.

    Raises:
        AssertionError: One of the two answers with other data than it was sent.
    """
    core = SERVER_CORE if row.cores == 1 else None
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(athena(row.toml, row.executor, core=core))]
        servers.append(stack.enter_context(bare(row.bare, core=core)))
        for server in servers:
            row.load.check(server.url)
            row.load.run(server.url, WARM_UP, LOAD_CORE)
        found: list[Pair] = []
        while len(found) < plan.pairs * MORE:
            ours, theirs = (side(row.load, server, servers, plan.seconds, row.health) for server in servers)
            found.append(Pair(ours, theirs))
            said(f"{row.name}: {ours.rate:,.0f}/s beside {theirs.rate:,.0f}/s, others {found[-1].noise:.2f} cores")
            if sum(pair.noise <= plan.noise for pair in found) >= plan.pairs:
                break
    return found


def side(load: Load, server: Server, servers: list[Server], seconds: float, health: bool = False) -> Side:
    """One server's turn; what the waiting ones use is not noise."""
    machine, client, own = machine_cpu(), client_cpu(), time.process_time()
    before = [each.cpu() for each in servers]
    began = time.monotonic()
    with _pulse(server.url if health else "") as beats:
        sample = load.run(server.url, seconds, LOAD_CORE)
    took = time.monotonic() - began
    after = [each.cpu() for each in servers]
    client, own, machine = client_cpu() - client, time.process_time() - own, machine_cpu() - machine
    used = [end - start for start, end in zip(before, after, strict=True)]
    mine = used[servers.index(server)]
    others = max(0.0, machine - sum(used) - client - own) / took
    cpu = mine / max(1, sample.count)
    found = Side(sample.rate, cpu, mine / took, client / took, others, sample.failed, sample.p50)
    return evolve(found, health=median(beats), worst_health=max(beats)) if beats else found


def client_cpu() -> float:
    """CPU of the children that have ended: load generators; servers that still run are not in it."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@contextlib.contextmanager
def _pulse(url: str) -> Iterator[list[float]]:
    """Ask for the server's health all along; gives the seconds each answer took."""
    beats: list[float] = []
    done = threading.Event()

    def ask() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        while not done.wait(PULSE):
            began = time.perf_counter()
            connection.request("GET", "/livez")
            connection.getresponse().read()
            beats.append(time.perf_counter() - began)
        connection.close()

    if not url:
        yield beats
        return
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield beats
    finally:
        done.set()
        thread.join()
