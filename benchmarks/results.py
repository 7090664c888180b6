"""One run as data: what is written to ``benchmarks/results`` and read again for the report."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from attrs import asdict, evolve, field, frozen

from tools import compiled

from .judge import Floor, Pair, Side, Spread, judged_by, keep
from .measure import ROOT
from .pairs import Plan
from .peers.catalog import PEERS, Contest
from .peers.environments import version as pinned_version
from .rows import Row
from .singles import Sample, Single

FOLDER = ROOT / "benchmarks" / "results"
LIBRARIES = ("aiohttp", "uvloop", "grpcio", "pyzmq", "protobuf", "orjson", "msgspec", "pybase64")
OURS = ("athena", "proto", "transports", "benchmarks")


@frozen
class Record:
    """One line of the table, judged.

    Attributes:
        name, title, executor: As in the row.
        by: What was judged: ``throughput``, ``cpu``, ``p50``, ``ratio``, ``difference``, ``value``.
        spread: The judged value.
        floor: Its budget.
        verdict: ``second``, ``first``, ``missed``, ``recorded``.
        athena, bare: What each of the two showed, medians; names with their units.
        measured: Pairs that count.
        noisy: How many of them were noisier than they should be.
        discarded: Pairs that do not count.
        failed: Answers that were not well, of both.
        peer: Who stands in the place of the bare line, where it is somebody else's server.
    """

    name: str
    title: str
    executor: str
    by: str
    spread: Spread
    floor: Floor
    verdict: str
    athena: Mapping[str, float]
    bare: Mapping[str, float]
    measured: int
    noisy: int = 0
    discarded: int = 0
    failed: int = 0
    peer: str = ""


def of_row(row: Row, found: Sequence[Pair], plan: Plan) -> list[Record]:
    """Judge a row, and what else its pairs say."""
    others = (evolve(row, name=f"{row.name}/{what}", by=by, floor=floor, also=()) for what, by, floor in row.also)
    return [of_pairs(each, found, plan) for each in (row, *others)]


def of_contest(contest: Contest, row: Row, found: Sequence[Pair], plan: Plan) -> Record:
    """Judge a row of Athena's beside a peer."""
    title = f"{row.title}, beside {contest.peer.title}"
    named = evolve(row, name=f"{row.name}:{contest.peer.name}", title=title, floor=contest.floor)
    return evolve(of_pairs(named, found, plan), peer=contest.peer.name)


def of_pairs(row: Row, found: Sequence[Pair], plan: Plan) -> Record:
    """Judge a row."""
    pairs, noisy = keep(found, plan.pairs, plan.noise)
    by = judged_by(pairs) if row.by == "throughput" else row.by
    spread = Spread.of([pair.ratio(by) for pair in pairs])
    failed = sum(pair.athena.failed + pair.bare.failed for pair in pairs)
    ours, theirs = _medians([pair.athena for pair in pairs]), _medians([pair.bare for pair in pairs])
    for other in ("throughput", "cpu"):
        ours[f"ratio_by_{other}"] = median(pair.ratio(other) for pair in pairs)
    verdict = row.floor.verdict(spread.median)
    dropped = len(found) - len(pairs)
    return Record(
        row.name,
        row.title,
        row.executor,
        by,
        spread,
        row.floor,
        verdict,
        ours,
        theirs,
        len(pairs),
        noisy,
        dropped,
        failed,
    )


def _medians(sides: Sequence[Side]) -> dict[str, float]:
    found = {
        "rate": median(side.rate for side in sides),
        "cpu_us": median(side.cpu for side in sides) * 1e6,
        "server_cores": median(side.server for side in sides),
        "client_cores": median(side.client for side in sides),
    }
    for name in ("p50", "health", "worst_health"):
        if values := [value for side in sides if (value := getattr(side, name)) is not None]:
            found[f"{name}_us"] = median(values) * 1e6
    return found


def of_samples(single: Single, samples: Sequence[Sample]) -> Record:
    """Judge a single number."""
    spread = Spread.of([single.value(sample) for sample in samples])
    ours, theirs = (median(sample[i] for sample in samples) for i in (0, 1))
    bare = {single.unit: theirs} if theirs else {}
    verdict = single.floor.verdict(spread.median)
    return Record(
        single.name,
        single.title,
        single.executor,
        single.by,
        spread,
        single.floor,
        verdict,
        {single.unit: ours},
        bare,
        len(samples),
    )


@frozen
class Run:
    """One run of the harness.

    Attributes:
        when, commit, command, plan, machine, records: What was measured, of what, where and how.
        peers: The peers' versions, by their names.
        absent: Why a peer was not measured, by the name of the contest.
    """

    when: str
    commit: str
    command: str
    plan: Plan
    machine: Mapping[str, str]
    records: tuple[Record, ...]
    peers: Mapping[str, str] = field(factory=dict)
    absent: Mapping[str, str] = field(factory=dict)

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_rounded(asdict(self)), indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, path: Path) -> Run:
        """Read it again."""
        found = json.loads(path.read_text())
        records = tuple(
            Record(**{**each, "spread": Spread(**each["spread"]), "floor": Floor(**each["floor"])})
            for each in found.pop("records")
        )
        return cls(**{**found, "plan": Plan(**found["plan"])}, records=records)


def begin(command: str, plan: Plan, records: Sequence[Record], absent: Mapping[str, str]) -> Run:
    """A run, now, on this machine."""
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    named = {record.peer for record in records if record.peer}
    peers = {
        peer.name: f"{peer.environment} {pinned_version(peer.environment, peer.environment)}"
        for peer in PEERS
        if peer.name in named
    }
    return Run(when, commit(), command, plan, machine(), tuple(records), peers, dict(absent))


def place(run: Run) -> Path:
    """Where a run is written unless it is said otherwise."""
    return FOLDER / f"{run.when[:10]}-{run.commit}.json"


def newest() -> Path | None:
    """The newest result there is."""
    found = sorted(FOLDER.glob("*.json"), key=lambda path: json.loads(path.read_text())["when"])
    return found[-1] if found else None


def commit() -> str:
    """The commit that is measured; with a ``+`` when the sources differ from it."""
    name = _git("rev-parse", "--short", "HEAD") or "unknown"
    return f"{name}+" if _git("status", "--porcelain", "--", *OURS) else name


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def machine() -> dict[str, str]:
    """What was measured on; no host's name, no path."""
    cpu = next((line for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ": unknown")
    memory = next((line for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), ": 0")
    return {
        "cpu": cpu.partition(":")[2].strip(),
        "cores": str(os.cpu_count()),
        "memory": f"{int(memory.split()[1]) / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "compiled rooms": str(sum("__mypyc" not in path.name for path in compiled.made(ROOT))),
        **{name: version(name) for name in LIBRARIES},
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def _rounded(value: Any) -> Any:  # Any: what JSON holds
    """Five digits are more than such a figure has."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, (list, tuple)) else value
