"""From lane threads to the event loop: one wake-up for many messages."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from athena.errors import ServiceError
from athena.models import Reply

from .credit import Credit, size_of

__all__ = ["Inbox", "Mailbox"]

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


class Inbox:
    """Replies in order for one reader on the loop, then one terminal event."""

    def __init__(self, credit: Credit) -> None:
        self._credit = credit
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._terminal: ServiceError | None = None
        self._over = False

    def put(self, reply: Reply) -> None:
        """On the loop; what comes after the terminal event is dropped."""
        if not self._over:
            self._replies.append(reply)
            self._wake()

    def end(self, error: ServiceError | None) -> None:
        """On the loop: nothing more comes; the first terminal event holds."""
        if not self._over:
            self._over = True
            self._terminal = error
            self._wake()

    async def get(self, wait: float | None = None) -> Reply | None:
        """The next reply; None when nothing more comes, or when ``wait`` seconds passed without one (see ``over``).

        Raises:
            ServiceError: The terminal fault, after the last reply, once.
        """
        if not self._replies and not self._over:
            await self._sleep(wait)
        if self._replies:
            reply = self._replies.popleft()
            self._credit.give(1, size_of(reply))
            return reply
        terminal, self._terminal = self._terminal, None
        if terminal is not None:
            raise terminal
        return None

    @property
    def over(self) -> bool:
        """Whether nothing more comes and every reply has been read."""
        return self._over and not self._replies

    async def _sleep(self, wait: float | None) -> None:
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = None if wait is None else loop.call_later(wait, self._wake)
        try:
            await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
