"""What the operator sees: structured logs on stderr, and plain counters rendered when somebody scrapes.

Both formats are written here and not by structlog and prometheus_client: their import took a third of a cold start and
10 MiB (rich, an HTTP server), for two formats of one line each. The tests read the metrics back with Prometheus' own
parser.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone

from .errors import Fault

__all__ = ["Gauge", "Metrics", "setup_logging"]

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of ``athena_request_seconds``."""
FACTS = ("principal", "seconds", "executed", "service", "worker")
"""What a log line may carry beside its text."""
Gauge = Callable[[], Iterable[tuple[Sequence[str], float]]]
"""Asked at every scrape: label values, and the value."""


def setup_logging(level: str, style: str) -> None:
    """Log to stderr, one line per event; a second call replaces the first.

    Args:
        level: A level's name, any case.
        style: ``console`` for people, ``json`` for machines, ``auto`` by whether stderr is a terminal.
    """
    terminal = sys.stderr.isatty()
    console = style == "console" or (style == "auto" and terminal)
    handler = _Stderr(sys.stderr)
    handler.setFormatter(ConsoleLines(terminal) if console else JsonLines())
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _Stderr)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg]  # generic in the stubs only
    """Ours, so that a second set-up replaces it and nobody else's."""


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="microseconds")[:-6] + "Z"


def _facts(record: logging.LogRecord) -> dict[str, object]:
    return {name: record.__dict__[name] for name in FACTS if name in record.__dict__}


class JsonLines(logging.Formatter):
    """One JSON object per line; a traceback is one escaped string in it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, object] = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            **_facts(record),
            "timestamp": _moment(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = record.stack_info
        return json.dumps(line, default=repr)


_RESET, _BOLD, _DIM, _CYAN, _MAGENTA, _BLUE = "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[35m", "\x1b[34m"
_LEVELS = {"debug": "\x1b[32m", "info": "\x1b[32m", "warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[31m"}


class ConsoleLines(logging.Formatter):
    """A line for people: when, how bad, what, who says so, the facts; a traceback stands below as it is."""

    def __init__(self, colors: bool) -> None:
        super().__init__()
        self._colors = colors

    def format(self, record: logging.LogRecord) -> str:
        """The line, and below it the traceback."""
        level = record.levelname.lower()
        words = [
            self._paint(_moment(record), _DIM),
            f"[{self._paint(f'{level:<9}', _BOLD + _LEVELS.get(level, ''))}]",
            self._paint(f"{record.getMessage():<30}", _BOLD),
            f"[{self._paint(record.name, _BOLD + _BLUE)}]",
        ]
        for name, value in _facts(record).items():
            words.append(f"{self._paint(name, _CYAN)}={self._paint(_shown(value), _MAGENTA)}")
        lines = [" ".join(words)]
        if record.exc_info and record.exc_info[0] is not None:
            lines.append(self.formatException(record.exc_info))
        if record.stack_info:
            lines.append(record.stack_info)
        return "\n".join(lines)

    def _paint(self, text: str, color: str) -> str:
        return f"{color}{text}{_RESET}" if self._colors else text


def _shown(value: object) -> str:
    """A fact's value; one that would look like two words is quoted."""
    text = str(value)
    return text if text and text.isprintable() and not set(text) & set(" '\"=") else repr(value)


class Series:
    """One service on one transport: calls by outcome, and how long they took."""

    __slots__ = ("buckets", "faults", "seconds")

    def __init__(self) -> None:
        self.faults: dict[str, int] = {}
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0


class Metrics:
    """Counters as plain integers, kept where every call passes: exact over workers and restarts."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], Series] = {}
        self._asked: list[tuple[str, str, str, tuple[str, ...], Gauge]] = []

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
        self._asked.append((name, help_text, "gauge", tuple(labels), ask))

    def counter(self, name: str, help_text: str, labels: Sequence[str], ask: Gauge) -> None:
        """Have a count that somebody else keeps asked for at every scrape."""
        self._asked.append((name, help_text, "counter", tuple(labels), ask))

    def render(self) -> bytes:
        """Prometheus' text format, version 0.0.4."""
        return "".join(f"{line}\n" for line in self._lines()).encode()

    def _lines(self) -> Iterator[str]:
        yield from _head("athena_requests_total", "Calls and sessions that are over.", "counter")
        for (service, transport), series in self._series.items():
            for fault, count in series.faults.items():
                labels = {"service": service, "transport": transport, "fault": fault}
                yield _sample("athena_requests_total", labels, count)
        name = "athena_request_seconds"
        yield from _head(name, "From arrival to the end of a call.", "histogram")
        for (service, transport), series in self._series.items():
            labels = {"service": service, "transport": transport}
            total = 0
            for bound, count in zip((*map(str, BUCKETS), "+Inf"), series.buckets, strict=True):
                total += count
                yield _sample(f"{name}_bucket", {**labels, "le": bound}, total)
            yield _sample(f"{name}_count", labels, total)
            yield _sample(f"{name}_sum", labels, series.seconds)
        for name, help_text, kind, keys, ask in self._asked:
            yield from _head(name, help_text, kind)
            for values, value in ask():
                yield _sample(name, dict(zip(keys, values, strict=True)), value)


def _head(name: str, help_text: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {_escaped(help_text)}"
    yield f"# TYPE {name} {kind}"


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_quoted(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {_number(value)}" if inside else f"{name} {_number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    # A name that is not Unicode must not keep everybody else's numbers from being scraped.
    return _escaped(text).replace('"', '\\"').encode("utf-8", "replace").decode()


def _number(value: float) -> str:
    # Infinity has a sign in this format, and Python writes none.
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(float(value))
