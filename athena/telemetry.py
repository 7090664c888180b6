"""What the operator sees: structured logs on stderr, and plain counters rendered when somebody scrapes."""

from __future__ import annotations

import logging
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from .errors import Fault

__all__ = ["Gauge", "Metrics", "setup_logging"]

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of ``athena_request_seconds``."""
FACTS = frozenset({"principal", "seconds", "executed", "service", "worker"})
"""What a log line may carry beside its text."""
Gauge = Callable[[], Iterable[tuple[Sequence[str], float]]]
"""Asked at every scrape: label values, and the value."""


def setup_logging(level: str, style: str) -> None:
    """Log to stderr, one line per event; a second call replaces the first.

    Args:
        level: A level's name, any case.
        style: ``console`` for people, ``json`` for machines, ``auto`` by whether stderr is a terminal.
    """
    console = style == "console" or (style == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow=FACTS),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # JSON lines hold the traceback as one escaped string; on a console it is printed as it is.
    last: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    )
    handler = _Stderr(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _Stderr)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg]  # generic in the stubs only
    """Ours, so that a second set-up replaces it and nobody else's."""


class Series:
    """One service on one transport: calls by outcome, and how long they took."""

    __slots__ = ("buckets", "faults", "seconds")

    def __init__(self) -> None:
        self.faults: dict[str, int] = {}
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0


class Metrics(Collector):
    """Counters as plain integers, kept where every call passes: exact over workers and restarts."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], Series] = {}
        self._gauges: list[tuple[str, str, tuple[str, ...], Gauge]] = []
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def ended(self, service: str, transport: str, fault: Fault | None, seconds: float) -> None:
        """One call or session is over."""
        key = (service, transport)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = Series()
        name = "OK" if fault is None else fault.value
        series.faults[name] = series.faults.get(name, 0) + 1
        series.buckets[bisect_left(BUCKETS, seconds)] += 1
        series.seconds += seconds

    def gauge(self, name: str, help_text: str, labels: Sequence[str], ask: Gauge) -> None:
        """Have a value asked for at every scrape."""
        self._gauges.append((name, help_text, tuple(labels), ask))

    def render(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """The registry asks; see :meth:`render`."""
        requests = CounterMetricFamily(
            "athena_requests", "Calls and sessions that are over.", labels=("service", "transport", "fault")
        )
        seconds = HistogramMetricFamily(
            "athena_request_seconds", "From arrival to the end of a call.", labels=("service", "transport")
        )
        for (service, transport), series in self._series.items():
            for fault, count in series.faults.items():
                requests.add_metric((service, transport, fault), count)
            seconds.add_metric((service, transport), _cumulative(series.buckets), series.seconds)
        yield requests
        yield seconds
        for name, help_text, labels, ask in self._gauges:
            family = GaugeMetricFamily(name, help_text, labels=labels)
            for values, value in ask():
                family.add_metric(values, value)
            yield family


def _cumulative(counts: Sequence[int]) -> list[tuple[str, float]]:
    total = 0
    buckets: list[tuple[str, float]] = []
    for bound, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
        total += count
        buckets.append((bound, total))
    return buckets
