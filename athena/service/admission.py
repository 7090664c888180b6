"""Who may execute now, who waits, and who is told at once that there is no room."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from athena.errors import Fault, ServiceError
from athena.models import ServiceSettings

__all__ = ["Admission"]

AHEAD = 64
"""Calls that wait at the executor's lanes rather than here; until its lane takes one up, it has not been executed."""
RETRY_AFTER = 1.0
"""Seconds: the hint with which a full house refuses."""


class Admission:
    """The slots of one service, given in the order of arrival.

    Attributes:
        running: Slots taken: calls the executor has been given.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self.running = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._settings = settings
        self._limit = _limit(settings)

    @property
    def executing(self) -> int:
        """Calls that may be executing."""
        return min(self.running, self._settings.concurrency)

    @property
    def waiting(self) -> int:
        """Calls admitted that cannot execute yet."""
        return len(self._waiters) + self.running - self.executing

    def resize(self, settings: ServiceSettings) -> None:
        """Take new limits; nobody who is in is put out."""
        self._settings = settings
        self._limit = _limit(settings)
        self._wake()

    def try_enter(self) -> bool:
        """Take a free slot, when there is one and nobody waits for it."""
        if self.running < self._limit and not self._waiters:
            self.running += 1
            return True
        return False

    async def enter(self) -> None:
        """Take a slot, waiting for one where the queue has room.

        Raises:
            ServiceError: OVERLOADED, at once.
        """
        if self.try_enter():
            return
        settings = self._settings
        if self.running + len(self._waiters) >= settings.concurrency + settings.queue:
            text = f"{settings.name} has {self.executing} calls executing and {self.waiting} waiting, its limits"
            raise ServiceError(Fault.OVERLOADED, text, retry_after=RETRY_AFTER)
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.leave()  # the slot was handed over in the very moment the caller went
            else:
                with suppress(ValueError):  # whoever released a slot meanwhile has taken it off already
                    self._waiters.remove(waiter)
            raise

    def leave(self) -> None:
        """Give the slot back."""
        self.running -= 1
        self._wake()

    def _wake(self) -> None:
        while self._waiters and self.running < self._limit:
            waiter = self._waiters.popleft()
            if not waiter.done():
                self.running += 1
                waiter.set_result(None)


def _limit(settings: ServiceSettings) -> int:
    """Calls handed to the executor at once: those that may run, and a few more that wait at its lanes.

    A lane that finds its next call waiting need not wake the loop for it. Only where the lanes themselves are the
    bound: a ``max_concurrency`` below them is kept here.
    """
    allowed = settings.concurrency
    if allowed < settings.workers * settings.threads:
        return allowed
    return allowed + min(AHEAD, settings.queue)
