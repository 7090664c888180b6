"""The backstop of frames that are held for a moment: should a hook be slow after all, they go within 2 ms."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["Flusher"]

PAUSE = 0.001
"""Seconds between two looks, while there is anything to look at."""


class Flusher:
    """Calls ``flush`` soon after it was woken; its thread exists only once it is needed."""

    def __init__(self, flush: Callable[[], None]) -> None:
        self._flush = flush
        self._woken = False
        self._dozing = False
        self._doze = threading.Condition()
        self._writer: threading.Thread | None = None

    def wake(self) -> None:
        """Something is held. From any thread, and cheap while the flusher is up: it looks again by itself."""
        self._woken = True
        if self._writer is None or self._dozing:
            with self._doze:
                if self._writer is None:
                    self._writer = threading.Thread(target=self._run, name="athena-flusher", daemon=True)
                    self._writer.start()
                self._doze.notify()

    def _run(self) -> None:
        while True:
            time.sleep(PAUSE)
            if self._woken:
                # First the mark, then the flush: what is held after the mark was taken is looked for once more.
                self._woken = False
                self._flush()
                continue
            with self._doze:
                self._dozing = True
                self._doze.wait_for(lambda: self._woken)
                self._dozing = False
