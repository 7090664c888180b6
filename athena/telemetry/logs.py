"""Structured logs on stderr: one line per event, for people or for machines.

Written here and not by structlog: its import took a third of a cold start, for two formats of one line each.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timezone

__all__ = ["setup_logging"]

FACTS = (
    "transport", "service", "sid", "principal", "fault", "executed", "seconds", "ms", "bytes_in", "bytes_out", "worker",
)  # fmt: skip
"""What a log line may carry beside its text."""


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
