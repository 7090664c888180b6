"""What ``athena top`` reads from a kernel: two looks at its counters, and what happened between them."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from attrs import field, frozen

__all__ = ["Reader", "Reading", "ServiceReading", "WorkerReading"]

# Any: what stands in a JSON document.
Ask = Callable[[str], Any]
SECONDS, REQUESTS = "athena_request_seconds_bucket", "athena_requests_total"
_LINE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


@frozen
class WorkerReading:
    """One worker.

    Attributes:
        rss: Bytes of its memory in RAM; None where it has no process of its own.
        age: Seconds since it became ready.
    """

    pid: int
    state: str
    rss: int | None
    age: float
    restarts: int
    busy: int
    sessions: int
    finished: int


@frozen
class ServiceReading:
    """One service.

    Attributes:
        state: ``ready``, ``degraded`` (it works, and reason says what does not) or ``down``.
        rate: Calls and sessions ended per second, lately.
        p50, p99: Seconds, of those; None where there were none.
        requests: Ended since the kernel's start.
        faults: Those of them that did not end well, by fault.
    """

    name: str
    state: str
    reason: str
    rate: float
    inflight: int
    queue: int
    sessions: int
    p50: float | None
    p99: float | None
    requests: int
    faults: Mapping[str, int]
    workers: tuple[WorkerReading, ...]


@frozen
class Reading:
    """A kernel, now.

    Attributes:
        seconds: What "lately" means: the time since the look before, or since the start at the first one.
        unknown: Calls of names that nobody serves.
    """

    name: str
    pid: int
    version: str
    state: str
    uptime: float
    seconds: float
    rss: int | None
    in_flight: int
    sessions: int
    unknown: int
    endpoints: tuple[str, ...]
    services: tuple[ServiceReading, ...]


@frozen
class _Look:
    """The counters at one moment: by service, calls by fault and calls by bucket."""

    at: float
    faults: dict[str, Counter[str]] = field(factory=dict)
    buckets: dict[str, Counter[float]] = field(factory=dict)


class Reader:
    """Looks at one kernel again and again."""

    def __init__(self, ask: Ask) -> None:
        """Args:
        ask: Puts ``status`` or ``metrics`` to the kernel.
        """
        self._ask = ask
        self._before: _Look | None = None

    def read(self) -> Reading:
        """Look once; it blocks.

        Raises:
            AthenaError: The kernel does not answer.
        """
        status = self._ask("status")
        look = _counted(self._ask("metrics"))
        before, self._before = self._before, look
        if before is not None and any(old - look.faults.get(name, Counter()) for name, old in before.faults.items()):
            before = None  # it counts from nothing again: another kernel answers at that place
        seconds = status["uptime"] if before is None else look.at - before.at
        services = tuple(_service(told, look, before or _Look(0.0), seconds) for told in status["services"])
        named = {service.name for service in services}
        return Reading(
            status["name"],
            status["pid"],
            status["version"],
            status["state"],
            status["uptime"],
            seconds,
            _rss(status["pid"]),
            status["in_flight"],
            status["sessions"],
            sum(sum(faults.values()) for name, faults in look.faults.items() if name not in named),
            tuple(status["endpoints"]),
            services,
        )


def _service(told: Mapping[str, Any], look: _Look, before: _Look, seconds: float) -> ServiceReading:
    name = told["name"]
    faults = look.faults.get(name, Counter())
    lately = sum(faults.values()) - sum(before.faults.get(name, Counter()).values())
    buckets = look.buckets.get(name, Counter())
    new = {bound: count - before.buckets.get(name, Counter())[bound] for bound, count in sorted(buckets.items())}
    return ServiceReading(
        name,
        ("degraded" if told["reason"] else "ready") if told["ready"] else "down",
        told["reason"],
        lately / seconds if seconds > 0 else 0.0,
        told["inflight"],
        told["queue"],
        told["sessions"],
        _percentile(new, 0.50),
        _percentile(new, 0.99),
        sum(faults.values()),
        {fault: count for fault, count in sorted(faults.items()) if fault != "OK"},
        tuple(_worker(worker) for worker in told["workers"]),
    )


def _worker(told: Mapping[str, Any]) -> WorkerReading:
    return WorkerReading(
        told["pid"],
        told["state"],
        _rss(told["pid"]),
        told["age"],
        told["restarts"],
        told["busy"],
        told["sessions"],
        told["finished"],
    )


def _counted(text: str) -> _Look:
    """The kernel's calls, from the text of its metrics; the wires of a service are taken together."""
    look = _Look(time.monotonic())
    for name, labels, value in _samples(text):
        if name == REQUESTS:
            look.faults.setdefault(labels["service"], Counter())[labels["fault"]] += int(value)
        elif name == SECONDS:
            look.buckets.setdefault(labels["service"], Counter())[float(labels["le"])] += int(value)
    return look


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found is not None:
            labels = {key: re.sub(r"\\.", _unescaped, value) for key, value in _LABEL.findall(found[2] or "")}
            yield found[1], labels, float(found[3])


def _unescaped(found: re.Match[str]) -> str:
    return _ESCAPED.get(found[0], found[0])


def _percentile(below: Mapping[float, int], share: float) -> float | None:
    """From how many took at most so long, by bound, ascending; within a bucket they count as spread evenly."""
    total = max(below.values(), default=0)
    if not total:
        return None
    wanted = share * total
    for (low, under), (high, count) in pairwise([(0.0, 0), *below.items()]):
        if count >= wanted and count > under:
            # Beyond the last bound nothing is known but that it was more.
            return low if high == float("inf") else low + (high - low) * (wanted - under) / (count - under)
    return None


def _rss(pid: int) -> int | None:
    """Bytes of a process in RAM; None for no process, or one that cannot be looked at."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
