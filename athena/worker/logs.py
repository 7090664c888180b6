"""A worker's log records as LOG frames, so that they stand in the kernel's log; a flood is counted, not sent."""

from __future__ import annotations

import logging
import sys
import threading
import time

from athena.link import worker_pb2 as pb
from athena.link.frames import LOG
from athena.link.pipe import Pipe

__all__ = ["LogFrames", "begin"]

_BURST = 1000
_PER_SECOND = 200.0
_LONGEST = 64 * 1024
"""Characters of one record; a longer one is cut."""


class LogFrames(logging.Handler):
    """Sends every record to the kernel, at most 200 a second after a burst of 1000."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self._pipe = pipe
        self._formatter = logging.Formatter("%(message)s")
        self._tokens = float(_BURST)
        self._filled = time.monotonic()
        self._dropped = 0
        self._count = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record, with its traceback."""
        if not self._allowed():
            return
        try:
            text = self._formatter.format(record)
        except Exception as error:
            text = f"{record.msg!r} cannot be formatted: {type(error).__name__}: {error}"
        self._send(record.levelno, record.name, text, record.created)

    def _allowed(self) -> bool:
        with self._count:
            now = time.monotonic()
            self._tokens = min(_BURST, self._tokens + (now - self._filled) * _PER_SECOND)
            self._filled = now
            if self._tokens < 1.0:
                self._dropped += 1
                return False
            self._tokens -= 1.0
            dropped, self._dropped = self._dropped, 0
        if dropped:
            self._send(logging.WARNING, "athena.worker", f"{dropped} log records were dropped: too many", time.time())
        return True

    def _send(self, level: int, logger: str, text: str, created: float) -> None:
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]} … ({len(text)} characters)"
        # What the log says must never be the reason that it says nothing: unpaired surrogates are replaced.
        clean = text.encode("utf-8", "replace").decode()
        name = logger.encode("utf-8", "replace").decode()
        head = pb.Log(level=max(0, level), logger=name, message=clean, time=created)
        self._pipe.send(LOG, 0, head.SerializeToString())


def begin(pipe: Pipe, level: str) -> None:
    """Send what this process logs to the kernel from now on; what it prints goes out line by line."""
    root = logging.getLogger()
    root.handlers[:] = [LogFrames(pipe)]
    number = logging.getLevelName(level.upper())
    root.setLevel(number if isinstance(number, int) else logging.INFO)
    logging.captureWarnings(True)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(line_buffering=True, errors="backslashreplace")
