"""``python -m benchmarks.overload``: three times the work a service can do, and what becomes of it.

A wrapper of 10 ms in four threads (400 calls a second), a queue of 8, an open loop of 1,200 a second. The load comes
from a process of its own, so its own lateness is no part of a refusal's time.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
from attrs import asdict, frozen

from .load.openloop import Plan, Shot
from .measure import ROOT, Server, serving

FOLDER = ROOT / "benchmarks" / "results" / "overload"
WORK, LANES, QUEUE, RATE = 0.01, 4, 8, 1200.0
PATH = "/v1/private/busy"
USUAL, MIXED = 4, (4, 9, 4, 0, 4, 4, 9, 4, 4, 0)
"""A fifth is urgent, a fifth can wait: the urgent ones alone are well within what the service can do."""
TOML = """
[services.busy]
wrapper = "benchmarks.overload_wrapper:Busy"
executor = "{executor}"
threads = {lanes}
queue = {queue}
[transports.http]
port = 0
[log]
level = "warning"
"""


@frozen
class Found:
    """What one run showed; seconds, calls a second, MiB.

    Attributes:
        alone: The 99th percentile of one caller after the other.
        peak: Calls a second of as many callers as the house has room for.
        plain: Overloaded, all of one priority.
        mixed: Overloaded, of three priorities.
        growth: Of the kernel and its workers, meanwhile.
    """

    executor: str
    seconds: float
    alone: float
    peak: float
    plain: Overload
    mixed: Overload
    growth: float

    def broken(self) -> list[str]:
        """What is not as promised."""
        # Who waits may be overtaken where priorities differ: there, the bound is that of the urgent.
        bound = 2 * self.alone + QUEUE * WORK / LANES
        said = {f"{self.growth:.1f} MiB grown, at most 8": self.growth <= 8}
        for name, run in (("plain", self.plain), ("mixed", self.mixed)):
            first = max(run.shares)
            least = 0.85 * self.peak
            accepted, refused = run.accepted[first] * 1e3, run.refused * 1e3
            said |= {
                f"{name}: p99 of accepted {accepted:.1f} ms, at most {bound * 1e3:.1f}": run.accepted[first] <= bound,
                f"{name}: goodput {run.goodput:.0f}/s, at least {least:.0f}": run.goodput >= least,
                f"{name}: p99 of refused {refused:.1f} ms, less than 10": run.refused < 0.01,
                f"{name}: {run.lost} calls had no proper answer": not run.lost,
            }
        shares = self.mixed.shares
        said |= {
            f"accepted of each priority {dict(shares)}, in that order": shares[9] > shares[4] > shares[0],
            f"of the urgent {shares[9]} accepted, at least 0.99": shares[9] >= 0.99,
        }
        return [text for text, holds in said.items() if not holds]


@frozen
class Overload:
    """One overload.

    Attributes:
        accepted: The 99th percentile by priority.
        refused: The 99th percentile.
        goodput: Accepted calls a second.
        lost: Requests that had no answer, or another one than 200 and 503.
        shares: Accepted, of what was sent, by priority.
        late: The 99th percentile of how late the load itself was.
    """

    accepted: Mapping[int, float]
    refused: float
    goodput: float
    lost: int
    shares: Mapping[int, float]
    late: float


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let what is started in the block have a core when it wants one, where we may say so: others are not measured."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def measured(executor: str, seconds: float) -> Found:
    """Start a kernel, learn what it can do, and give it three times that."""
    with tempfile.TemporaryDirectory() as folder, undisturbed():
        toml = Path(folder) / "aiges.toml"
        toml.write_text(TOML.format(executor=executor, lanes=LANES, queue=QUEUE))
        with serving(["-m", "athena.cli", "run", str(toml)], core=None) as server:
            port = int(server.url.rpartition(":")[2])
            short = max(1.0, seconds / 5)
            alone = _sent(Plan(port, PATH, short))
            full = _sent(Plan(port, PATH, short, at_once=LANES + QUEUE))
            _overload(port, 1.0, MIXED)  # what is allocated once is allocated now
            before = _resident(server)
            plain, mixed = _overload(port, seconds, (USUAL,)), _overload(port, seconds, MIXED)
            growth = _resident(server) - before
    return Found(executor, seconds, _p99(alone), len(full) / short, plain, mixed, growth)


def _overload(port: int, seconds: float, priorities: tuple[int, ...]) -> Overload:
    shots = _sent(Plan(port, PATH, seconds, RATE, 256, priorities))
    taken = [shot for shot in shots if shot.status == 200]
    refused = [shot for shot in shots if shot.status == 503]
    unsent = int(seconds * RATE) - len(shots)
    each = sorted(set(priorities))
    return Overload(
        {priority: _p99([shot for shot in taken if shot.priority == priority]) for priority in each},
        _p99(refused),
        len(taken) / (max(shot.done for shot in taken) - shots[0].due),
        len(shots) - len(taken) - len(refused) + unsent,
        {priority: round(_share(shots, priority), 4) for priority in each},
        _percentile([shot.sent - shot.due for shot in shots]),
    )


def _sent(plan: Plan) -> list[Shot]:
    command = [sys.executable, "-m", "benchmarks.load.openloop"]
    done = subprocess.run(
        command, cwd=ROOT, input=json.dumps(asdict(plan)), capture_output=True, text=True, check=True,
        timeout=plan.seconds + 60,
    )  # fmt: skip
    return [Shot(**json.loads(line)) for line in done.stdout.splitlines()]


def _p99(shots: Sequence[Shot]) -> float:
    return _percentile([shot.done - shot.sent for shot in shots])


def _percentile(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.99 * len(values)) - 1] if values else math.inf


def _share(shots: Sequence[Shot], priority: int) -> float:
    these = [shot for shot in shots if shot.priority == priority]
    return sum(shot.status == 200 for shot in these) / len(these)


def _resident(server: Server) -> float:
    """MiB of the kernel and its workers."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in server.tree())
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@click.command()
@click.option("--seconds", default=30.0, show_default=True, type=click.FloatRange(2), help="Of the overload.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Where the result is written.")
def main(seconds: float, path: Path | None) -> None:
    """Overload a service on both executors; write what was found, and fail where it is not as promised."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    found = [measured(executor, seconds) for executor in ("thread", "process")]
    result = {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": commit.strip(),
        "command": f"python -m benchmarks.overload --seconds {seconds:g}",
        "runs": [{**asdict(one), "broken": one.broken()} for one in found],
    }
    target = path or FOLDER / f"{time.strftime('%Y-%m-%d', time.gmtime())}-{commit.strip()}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=1) + "\n")
    click.echo(json.dumps(result, indent=1))
    sys.exit(any(one.broken() for one in found))


if __name__ == "__main__":
    main()
