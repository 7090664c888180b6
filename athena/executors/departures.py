"""From the event loop to the lanes: what one turn of the loop brings goes over together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["Departures"]


class Departures:
    """Holds jobs until the loop has ended its turn.

    A lane that is woken for each of them takes the interpreter from the loop in the middle of its turn, and gives it
    back for one answer; with 32 callers that was five switches of threads a call, and a quarter of its time.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[Callable[[], None]] = []

    def add(self, job: Callable[[], None]) -> None:
        """Run ``job`` at the end of this turn; on the loop. It must be short, and not raise."""
        if not self._waiting:
            self._loop.call_soon(self.leave)
        self._waiting.append(job)

    def leave(self) -> None:
        """Run what waits, now: what follows on the loop would overtake it."""
        waiting, self._waiting = self._waiting, []
        for job in waiting:
            job()
