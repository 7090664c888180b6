"""The packets of one session in the order of their numbers, though each comes by a call of its own."""

from __future__ import annotations

import asyncio

from athena.errors import Fault, ServiceError

__all__ = ["Order"]

PATIENCE = 5.0
"""Seconds a packet waits for one that should have come before it; upstream waits as long, then loses it silently."""


class Order:
    """Lets packets through one at a time, in order; what was through already is not let through again."""

    def __init__(self, first: int, patience: float = PATIENCE) -> None:
        """Args:
        first: The number of the packet that began the session.
        """
        self._next = first
        self._patience = patience
        self._busy = False
        self._waiting: dict[int, asyncio.Future[None]] = {}

    async def turn(self, number: int, *, first: bool = False) -> bool:
        """Wait for a packet's turn. True: it is its turn, and ``done`` must be called; False: it came before.

        A packet without a number (0) is taken for the next one.

        Raises:
            ServiceError: OUT_OF_ORDER, when the one before it has not come in time; BAD_REQUEST for a negative number.
        """
        if number < 0:
            raise ServiceError(Fault.BAD_REQUEST, f"sync_id: expected 0 or more, got {number}")
        if number == 0 and not first:
            number = self._next + self._busy
            while number in self._waiting:  # of those that wait some may have come too early: the gap is this one's
                number += 1
        if number < self._next or number in self._waiting or (number == self._next and self._busy):
            return False
        if number > self._next:
            await self._wait(number)
        self._busy = True
        return True

    def done(self, *, taken: bool) -> None:
        """The packet whose turn it was is through; one that was not taken may be sent again."""
        self._busy = False
        if not taken:
            return
        self._next += 1
        waiter = self._waiting.pop(self._next, None)
        if waiter is not None and not waiter.done():
            self._busy = True  # at once: a copy of that packet that comes before it goes on must find it here
            waiter.set_result(None)

    async def _wait(self, number: int) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiter
        try:
            done, _ = await asyncio.wait([waiter], timeout=self._patience)
        except asyncio.CancelledError:
            if waiter.done():
                self.done(taken=False)
            raise
        finally:
            if self._waiting.get(number) is waiter:
                del self._waiting[number]
        if not done:
            text = f"packet {number} came where {self._next} was expected, and that did not come within"
            raise ServiceError(Fault.OUT_OF_ORDER, f"{text} {self._patience:g} s; send it again")
