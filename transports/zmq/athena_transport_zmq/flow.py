"""Flow control: what may be sent before the other end has taken what it has; one per stream and direction."""

from __future__ import annotations

import asyncio

__all__ = ["BYTES", "MESSAGES", "Flow", "Grants"]

MESSAGES = 64
"""Messages of one stream that may be under way."""
BYTES = 4 * 1024 * 1024
"""Bytes of one stream that may be under way; one message more may always go, so none is too large to be sent."""


class Flow:
    """The sender's end: spends credit, and waits for more."""

    __slots__ = ("_bytes", "_messages", "_waiter")

    def __init__(self) -> None:
        self._messages = MESSAGES
        self._bytes = BYTES
        self._waiter: asyncio.Future[None] | None = None

    @property
    def open(self) -> bool:
        """Whether a message may go now."""
        return self._messages > 0 and self._bytes > 0

    def spend(self, size: int) -> None:
        """A message went."""
        self._messages -= 1
        self._bytes -= size

    def granted(self, messages: int, size: int) -> None:
        """The other end took so much; never more than it was given, whatever it says."""
        self._messages = min(MESSAGES, self._messages + messages)
        self._bytes = min(BYTES, self._bytes + size)
        if self.open:
            self._wake()

    def release(self) -> None:
        """It is over: nobody need wait any more."""
        self._messages, self._bytes = MESSAGES, BYTES
        self._wake()

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait until a message may go; False when ``seconds`` passed without a sign."""
        while not self.open:
            waiter = self._waiter = asyncio.get_running_loop().create_future()
            try:
                await asyncio.wait_for(waiter, seconds)
            except asyncio.TimeoutError:
                return False
        return True

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


class Grants:
    """The receiver's end: counts what was taken, and says when it is worth a message."""

    __slots__ = ("_bytes", "_messages")

    def __init__(self) -> None:
        self._messages = self._bytes = 0

    def took(self, size: int) -> tuple[int, int] | None:
        """One message was taken; what to grant now, or None: later, together with others."""
        self._messages += 1
        self._bytes += size
        if self._messages < MESSAGES // 4 and self._bytes < BYTES // 4:
            return None
        messages, self._messages = self._messages, 0
        size, self._bytes = self._bytes, 0
        return messages, size
