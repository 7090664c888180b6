"""What a worker prints: lines into the kernel's log, never the protocol; a flood is dropped and counted."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from typing import IO

__all__ = ["Output"]

log = logging.getLogger("athena.worker")

_CHUNK = 64 * 1024
_LINE = 8 * 1024
"""Bytes of one line; a longer one is cut."""
_BURST = 500
_PER_SECOND = 100.0
"""Lines that are logged; what comes beyond is counted."""
_PAUSE = 0.02
"""Seconds between reads of a worker that floods: it may print on, at the price of its own time, not of the kernel's."""


class Output:
    """One of a worker's two pipes."""

    def __init__(self, pipe: IO[bytes], service: str, pid: Callable[[], int], name: str) -> None:
        """Args:
        pid: The worker's process id; asked for with every read, for it is not known at first.
        """
        self._pipe = pipe
        self._fd = pipe.fileno()
        self._name = name
        self._service = service
        self._pid = pid
        self._loop = asyncio.get_running_loop()
        self._rest = b""
        self._tokens = float(_BURST)
        self._filled = time.monotonic()
        self._dropped = 0
        self._timer: asyncio.TimerHandle | None = None
        os.set_blocking(self._fd, False)
        self._loop.add_reader(self._fd, self._readable)

    def close(self) -> None:
        """Log what is still there, and close."""
        if self._pipe.closed:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._fd)
        try:
            self._lines(os.read(self._fd, _CHUNK) + b"\n")
        except OSError:
            self._lines(b"\n")
        self._tell()
        self._pipe.close()

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._fd)
            return
        self._lines(data)
        if self._tokens < 1.0:
            self._loop.remove_reader(self._fd)
            self._timer = self._loop.call_later(_PAUSE, self._resume)

    def _resume(self) -> None:
        self._timer = None
        self._loop.add_reader(self._fd, self._readable)

    def _lines(self, data: bytes) -> None:
        now = time.monotonic()
        self._tokens = min(_BURST, self._tokens + (now - self._filled) * _PER_SECOND)
        self._filled = now
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_LINE:]
        extra = self._facts()
        for line in lines:
            if not line.strip():
                continue
            if self._tokens < 1.0:
                self._dropped += 1
                continue
            self._tokens -= 1.0
            self._tell()
            log.info("%s: %s", self._name, line[:_LINE].decode("utf-8", "replace"), extra=extra)

    def _tell(self) -> None:
        """Say how much was dropped."""
        if self._dropped:
            log.warning("%s: %d lines were dropped: too many", self._name, self._dropped, extra=self._facts())
            self._dropped = 0

    def _facts(self) -> dict[str, object]:
        return {"service": self._service, "worker": self._pid()}
