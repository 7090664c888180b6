"""Every figure of one kernel, by name, and how they are shown."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from ..errors import Fault
from ..interfaces import Figures
from .families import BUCKETS, Asked, Counter, Gauge, Histogram
from .process import KINDS, figures
from .text import head, sample

__all__ = ["Metrics"]

Family = Counter | Histogram | Asked


class Metrics(Figures):
    """Counters as plain integers, kept where every call passes: exact over workers and restarts."""

    def __init__(self) -> None:
        self._families: dict[str, tuple[str, Family]] = {}
        self._requests = self.counter(
            "athena_requests_total", "Calls and sessions that are over.", ("service", "transport", "fault")
        )
        self._seconds = self.histogram(
            "athena_request_seconds", "From arrival to the end of a call or session.", ("service", "transport")
        )
        self._stages = self.histogram(
            "athena_stage_seconds",
            "Parts of that time: queue is from arrival until its turn came, execute from then to the end.",
            ("service", "transport", "stage"),
        )

    def counter(self, name: str, help_text: str, labels: Sequence[str], ask: Gauge | None = None) -> Counter:
        made = self._family(name, help_text, Counter(labels))
        assert isinstance(made, Counter)  # _family gives what it was given, or its like
        if ask is not None:
            made.asks.append(ask)
        return made

    def histogram(
        self, name: str, help_text: str, labels: Sequence[str], bounds: Sequence[float] = BUCKETS
    ) -> Histogram:
        made = self._family(name, help_text, Histogram(labels, bounds))
        assert isinstance(made, Histogram)  # as above
        return made

    def gauge(self, name: str, help_text: str, labels: Sequence[str], ask: Gauge) -> None:
        made = self._family(name, help_text, Asked(labels))
        assert isinstance(made, Asked)  # as above
        made.asks.append(ask)

    def ended(
        self, service: str, transport: str, fault: Fault | None, seconds: float, queued: float | None = None
    ) -> None:
        """One call or session is over.

        Args:
            queued: Seconds until its turn came; None where it never came.
        """
        key = (service, transport)
        self._requests[service, transport, "OK" if fault is None else fault.value] += 1
        series = self._seconds[key]
        series.counts[bisect_left(BUCKETS, seconds)] += 1
        series.total += seconds
        series = self._stages[service, transport, "queue"]
        waited = seconds if queued is None else queued
        series.counts[bisect_left(BUCKETS, waited)] += 1
        series.total += waited
        if queued is not None:
            seconds -= queued
            series = self._stages[service, transport, "execute"]
            series.counts[bisect_left(BUCKETS, seconds)] += 1
            series.total += seconds

    def render(self) -> bytes:
        """Prometheus' text format, version 0.0.4."""
        return "".join(f"{line}\n" for line in self._lines()).encode()

    def families(self) -> list[tuple[str, str, str, str]]:
        """What is shown: name, kind, labels and meaning of each."""
        ours = self._families.items()
        shown = [(name, family.kind, ", ".join(family.labels), help_text) for name, (help_text, family) in ours]
        return shown + [(name, kind, "", help_text) for name, (kind, help_text) in KINDS.items()]

    def _family(self, name: str, help_text: str, made: Family) -> Family:
        """The family of that name; the first one stays, so that two services may count in one."""
        _, there = self._families.setdefault(name, (help_text, made))
        if type(there) is not type(made) or there.labels != made.labels:
            given = ", ".join(there.labels) or "none"
            raise ValueError(f"{name} is a {there.kind} with the labels {given} already; give yours another name")
        return there

    def _lines(self) -> list[str]:
        lines: list[str] = []
        for name, (help_text, family) in self._families.items():
            lines += head(name, help_text, family.kind)
            lines += family.lines(name)
        for name, value in figures():
            kind, help_text = KINDS[name]
            lines += head(name, help_text, kind)
            lines.append(sample(name, {}, value))
        return lines
