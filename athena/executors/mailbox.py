"""From lane threads to the event loop: one wake-up for many messages."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["Mailbox"]

log = logging.getLogger("athena.mailbox")


class Mailbox:
    """Runs callables on the loop, in the order they were posted."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._letters: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()  # Any: each letter's own arguments
        self._armed = False

    def post(self, letter: Callable[..., None], *arguments: object) -> None:
        """From any thread. A loop that is closed takes nothing more, and nobody waits there any more."""
        self._letters.append((letter, arguments))
        if not self._armed:
            self._armed = True
            try:
                self._loop.call_soon_threadsafe(self._deliver)
            except RuntimeError:
                self._letters.clear()

    def _deliver(self) -> None:
        # Disarm first: a letter that is posted while we deliver is either taken below or wakes the loop again.
        self._armed = False
        letters = self._letters
        while letters:
            letter, arguments = letters.popleft()
            try:
                letter(*arguments)
            except Exception:
                # The letters behind it are other callers' answers: they would wait until somebody posts again.
                log.exception("a letter from a lane raised")
