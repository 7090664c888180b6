"""Replies in order for one reader on the loop, then one terminal event; from a worker or from a thread."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from ..errors import Fault, ServiceError
from ..models import Reply
from .frames import CREDIT_BYTES, CREDIT_MESSAGES, FrameError

__all__ = ["Inbox"]

_MESSAGES = CREDIT_MESSAGES // 8
_BYTES = CREDIT_BYTES // 8
"""Credit is given back in eighths of the window: fewer frames, and the window never stands still."""


class Inbox:
    """What was sent and nobody has read yet; never more than the credit allows.

    Attributes:
        ended: Whether the terminal event has come, read or not.
    """

    __slots__ = (
        "_credit", "_loop", "_replies", "_seen", "_taken", "_taken_size", "_terminal", "_waiter", "_waiting_size",
        "ended",
    )  # fmt: skip

    def __init__(self, credit: Callable[[int, int], None]) -> None:
        """Args:
        credit: Told (messages, bytes) that were read.
        """
        self._credit = credit
        self._replies: deque[tuple[Reply, int]] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._terminal: ServiceError | None = None
        self.ended = False
        # Kept: to ask for the running loop costs a system call, and every reply would.
        self._loop = asyncio.get_running_loop()
        self._taken = 0
        self._taken_size = 0
        self._waiting_size = 0
        self._seen: tuple[object, float] | None = None

    def behind(self, now: float) -> float:
        """Seconds since it was seen to be full, if nothing has been taken from it since.

        Whoever wants to know looks now and then, so that nothing is noted for each reply.
        """
        messages, size = len(self._replies) + self._taken, self._waiting_size + self._taken_size
        if not self._replies or self.ended or (messages < CREDIT_MESSAGES and size < CREDIT_BYTES):
            self._seen = None
        elif self._seen is None or self._seen[0] is not self._replies[0]:
            self._seen = (self._replies[0], now)
        return 0.0 if self._seen is None else now - self._seen[1]

    @property
    def over(self) -> bool:
        """Whether nothing more comes and every reply has been read."""
        return self.ended and not self._replies

    def put(self, reply: Reply, size: int) -> None:
        """A reply; after the terminal event it is dropped.

        Raises:
            FrameError: More than the credit allows.
        """
        if self.ended:
            return
        # The last one may come above the credit: the end of a call or session needs none.
        if len(self._replies) > CREDIT_MESSAGES or (self._replies and self._waiting_size > CREDIT_BYTES):
            raise FrameError("more replies than the credit allows")
        self._replies.append((reply, size))
        self._waiting_size += size
        self._wake()

    def end(self, error: ServiceError | None) -> None:
        """Nothing more comes; the first terminal event holds."""
        if not self.ended:
            self.ended = True
            self._terminal = error
            self._wake()

    async def get(self, wait: float | None = None) -> Reply | None:
        """The next reply; None when nothing more comes, or when ``wait`` seconds passed without one (see ``over``).

        Raises:
            ServiceError: The terminal fault, after the last reply, once.
        """
        if not self._replies and not self.ended:
            if self._waiter is not None:
                raise ServiceError(Fault.BAD_REQUEST, "somebody else reads already; there is one reader")
            self._waiter = self._loop.create_future()
            timer = None if wait is None else self._loop.call_later(wait, self._wake)
            try:
                await self._waiter
            finally:
                self._waiter = None
                if timer is not None:
                    timer.cancel()
        if self._replies:
            reply, size = self._replies.popleft()
            self._waiting_size -= size
            self._taken += 1
            self._taken_size += size
            if (self._taken >= _MESSAGES or self._taken_size >= _BYTES) and not self.ended:
                self._credit(self._taken, self._taken_size)
                self._taken = self._taken_size = 0
            return reply
        terminal, self._terminal = self._terminal, None
        if terminal is not None:
            raise terminal
        return None

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
