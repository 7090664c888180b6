"""Rounds: Athena on threads, Athena with a worker process, and a peer, under their loads one right after the other."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import frozen

from ..judge import Pair
from ..load import Load
from ..measure import Server, athena, pinned, stop
from ..pairs import LOAD_CORE, MORE, SERVER_CORE, WARM_UP, Plan, side
from ..rows import Row
from .alone import alone
from .catalog import Contest, Peer
from .environments import ROOT, absence, python

SERVERS = ROOT / "benchmarks" / "peers" / "servers"
START = 60.0
"""Seconds a peer may take until it answers well."""
AGAIN = 0.25
"""Seconds between two attempts."""
OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
"""Variables that would lead a peer out of its environment, or have it compile its sources at every start."""


class Absent(Exception):
    """A peer that is not measured; the text says why."""


@frozen
class Ports:
    """Free ports of this host."""

    http: int
    grpc: int
    metrics: int

    @classmethod
    def free(cls) -> Ports:
        """Three that nobody has at this moment."""
        with contextlib.ExitStack() as stack:
            found = [stack.enter_context(socket.socket()) for _ in range(3)]
            for each in found:
                each.bind(("127.0.0.1", 0))
            return cls(*(each.getsockname()[1] for each in found))


def why_not(peer: Peer) -> str:
    """Why a peer cannot be measured here, "" when it can."""
    if peer.alone and not alone():
        return "it needs a network namespace with nothing but the loopback, which this machine does not allow"
    return absence(peer.environment)


def command(peer: Peer, kind: str, ports: Ports) -> list[str]:
    """How it is started."""
    words = {"kind": kind, "Kind": kind.title(), "servers": str(SERVERS)}
    words |= {"http": str(ports.http), "grpc": str(ports.grpc), "metrics": str(ports.metrics)}
    first, *rest = (word.format(**words) for word in peer.argv)
    return [str(python(peer.environment)), str(SERVERS / first) if first.endswith(".py") else first, *rest]


@contextlib.contextmanager
def serving(contest: Contest, core: int | None) -> Iterator[Server]:
    """Run a peer until the block ends; it has answered once when the block begins.

    Raises:
        Absent: It cannot run here, or never answered as it should.
    """
    peer = contest.peer
    if reason := why_not(peer):
        raise Absent(reason)
    ports = Ports.free()
    port = ports.http if contest.wire == "http" else peer.grpc or ports.grpc
    url = f"{contest.wire}://127.0.0.1:{port}"
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    with (
        tempfile.TemporaryDirectory(prefix="peer-", ignore_cleanup_errors=True) as home,
        tempfile.TemporaryFile() as log,
    ):
        environment = {**kept, "HOME": home, **peer.environ}
        argv = pinned(command(peer, contest.kind, ports), core)
        began = time.monotonic()
        process = subprocess.Popen(argv, cwd=home, stdout=log, stderr=log, env=environment)
        try:
            if reason := _answers(process, contest.load, url):
                log.seek(0)
                said = log.read().decode(errors="replace").strip().splitlines()
                raise Absent(f"did not start: {reason}; it said last: {said[-1][:200] if said else 'nothing'}")
            yield Server(url, process.pid, time.monotonic() - began)
        finally:
            stop(process)


def _answers(process: subprocess.Popen[bytes], load: Load, url: str) -> str:
    """Wait for the first good answer; gives what was wrong with the last one if none came."""
    until = time.monotonic() + START
    reason = "no answer"
    while time.monotonic() < until:
        if process.poll() is not None:
            return f"exit status {process.returncode}"
        try:
            load.check(url)
        except Exception as error:  # whatever a server that is still starting makes of a call
            reason = f"{type(error).__name__}: {str(error)[:200]}"
            time.sleep(AGAIN)
        else:
            return ""
    return reason


def measure(contest: Contest, rows: Sequence[Row], plan: Plan, said: Callable[[str], None]) -> Mapping[str, list[Pair]]:
    """Pairs of each row of Athena's with the peer, by the row's name; noisy ones too.

    Raises:
        Absent: There is nothing to measure beside.
    """
    with contextlib.ExitStack() as stack:
        theirs = stack.enter_context(serving(contest, SERVER_CORE))
        turns = [(row.load, stack.enter_context(athena(row.toml, row.executor, core=SERVER_CORE))) for row in rows]
        turns.append((contest.load, theirs))
        servers = [server for _, server in turns]
        for load, server in turns:
            load.check(server.url)
            load.run(server.url, WARM_UP, LOAD_CORE)
        found: dict[str, list[Pair]] = {row.name: [] for row in rows}
        calm = 0
        for _ in range(plan.pairs * MORE):
            *ours, peer = (side(load, server, servers, plan.seconds) for load, server in turns)
            for row, each in zip(rows, ours, strict=True):
                found[row.name].append(Pair(each, peer))
            rates = ", ".join(f"{each.rate:,.0f}/s" for each in ours)
            noise = max(pairs[-1].noise for pairs in found.values())
            said(f"{contest.name}: {rates} beside {peer.rate:,.0f}/s, others {noise:.2f} cores")
            calm += noise <= plan.noise
            if calm >= plan.pairs:
                break
    return found
