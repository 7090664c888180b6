"""Threads that hooks do not give back: nothing can end a thread; they are counted, and the log says where they are."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from athena.errors import Fault, ServiceError
from athena.link.token import Token
from athena.models import Health, Request

__all__ = ["Losses"]

log = logging.getLogger("athena.thread")

RETRY_AFTER = 5.0
"""Seconds: the hint of a service all of whose threads are lost; a hook may return after all."""


class Losses:
    """The threads of one wrapper that are lost: their hook has not returned by its deadline and the grace after it.

    Attributes:
        lost: The calls they are lost in.
        watched: Calls that nobody waits for, whose hooks have not returned; each with the timer that looks after it.
    """

    def __init__(
        self,
        service: str,
        threads: int,
        grace: float,
        patience: float,
        stacks: Callable[[], str],
        changed: Callable[[Health], None],
    ) -> None:
        """Args:
        grace: Seconds after the deadline.
        patience: Seconds for what has no deadline.
        stacks: Says where the threads are.
        changed: Told how the service is, with every thread that is lost or found.
        """
        self.lost: set[Token] = set()
        self.watched: dict[Token, asyncio.TimerHandle] = {}
        self._service = service
        self._threads = threads
        self._grace = grace
        self._patience = patience
        self._stacks = stacks
        self._changed = changed
        self._loop = asyncio.get_running_loop()

    def watch(self, request: Request) -> None:
        """Nobody waits for a call any more: its hook is to return in time."""
        token = request.cancellation
        if isinstance(token, Token) and token.held:
            left = self._patience if request.deadline is None else max(0.0, request.deadline - time.monotonic())
            self.watched[token] = self._loop.call_later(left + self._grace, self._look, token)

    def found(self, token: Token) -> None:
        """A hook has returned."""
        timer = self.watched.pop(token, None)
        if timer is not None:
            timer.cancel()  # a timer that ran on would hold the call, and the replies that nobody has taken of it
        if token in self.lost:
            self.lost.discard(token)
            log.warning("%s: a hook has returned after all; its thread is back", self._service)
            self._changed(self.health())

    def refusal(self) -> ServiceError | None:
        """Why nothing can be executed; None while a thread is left."""
        if len(self.lost) < self._threads:
            return None
        return ServiceError(Fault.OVERLOADED, f"{self._service}: {self._said()}", retry_after=RETRY_AFTER)

    def health(self) -> Health:
        """How the service is with what is left."""
        if not self.lost:
            return Health(True, "", {"ready": 1})
        number = len(self.lost)
        if number < self._threads:
            return Health(True, self._said(), {"ready": 1, "lost": number})
        return Health(False, self._said(), {"lost": number})

    def _said(self) -> str:
        which = "all" if len(self.lost) >= self._threads else f"{len(self.lost)} of"
        return f"{which} {self._threads} threads are lost in hooks that did not return by deadline and grace"

    def _look(self, token: Token) -> None:
        self.watched.pop(token, None)
        # One that no thread has taken up yet is dropped when its turn comes.
        if token.held and token.started and token not in self.lost:
            self.lost.add(token)
            log.error("%s: %s; its threads are here:\n%s", self._service, self._said(), self._stacks())
            self._changed(self.health())
