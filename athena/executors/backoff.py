"""How long to wait before the next start of a worker, and when to stop pretending that the next one will do."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque

__all__ = ["Backoff"]

_FIRST, _LONGEST = 0.1, 30.0
_MANY, _WITHIN = 5, 60.0


class Backoff:
    """Shared by the seats of one service.

    Attributes:
        reason: Why the last start failed.
        tripped: True from the moment more than 5 starts have failed within 60 s until a worker has shown that it
            works: callers are told at once, instead of waiting.
        failing: True from the first start that failed until then: seats try one after the other.
        turn: Held by the seat that tries.
    """

    def __init__(self) -> None:
        self.reason = ""
        self.tripped = False
        self.failing = False
        self.turn = asyncio.Lock()
        self._failures: deque[float] = deque(maxlen=_MANY + 1)
        self._delay = 0.0
        self._until = 0.0
        self._cleared = asyncio.Event()

    @property
    def repeated(self) -> bool:
        """Whether starts fail one after the other; a single one may be anything's fault."""
        return self.failing and len(self._failures) > 1

    def failed(self, reason: str) -> None:
        """A start failed. Seats that fail together, for one cause, count once."""
        now = time.monotonic()
        self.reason = reason
        self.failing = True
        if now < self._until:
            return
        self._failures.append(now)
        self.tripped = self.tripped or (len(self._failures) > _MANY and now - self._failures[0] < _WITHIN)
        self._delay = _LONGEST if self.tripped else min(_LONGEST, max(_FIRST, self._delay * 2))
        self._until = now + self._delay * random.uniform(0.8, 1.2)

    def succeeded(self) -> None:
        """A worker has shown that it works."""
        self.tripped = self.failing = False
        self._failures.clear()
        self._delay = 0.0
        self._until = 0.0

    def clear(self) -> None:
        """There is a new configuration: try at once."""
        self.succeeded()
        self._cleared.set()
        self._cleared = asyncio.Event()

    async def wait(self) -> None:
        """Return when the next start may be made."""
        delay = self._until - time.monotonic()
        if delay > 0:
            waiting = asyncio.ensure_future(self._cleared.wait())
            try:
                await asyncio.wait([waiting], timeout=delay)
            finally:
                waiting.cancel()
