"""What ends a call from outside, its deadline above all: it ends the wait, and is not taken for a cancellation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from athena._compat import uncancel
from athena.errors import Executed, Fault, ServiceError
from athena.executors.clock import Clock
from athena.link.token import Token
from athena.models import Principal, Request

__all__ = ["Overdue"]


class Overdue:
    """Cancels the task that waits when the time has come, and remembers that it was the deadline.

    Attributes:
        expired: Whether the time has come, or the call was revoked.
        let_go: Called when it ends while its reader is busy with the reply before, and may be so for long.
    """

    __slots__ = ("_cancelled", "_clock", "_request", "_revoked", "_slot", "_task", "_until", "expired", "let_go")

    def __init__(self, clock: Clock, request: Request, until: float | None) -> None:
        """Args:
        until: ``time.monotonic()``; None for never.
        """
        self.expired = False
        self.let_go: Callable[[], None] | None = None
        self._clock = clock
        self._request = request
        self._until = until
        # Any: whatever the caller's task returns.
        self._task: asyncio.Task[Any] | None = asyncio.current_task(clock.loop)
        self._cancelled: asyncio.Task[Any] | None = None
        self._revoked: ServiceError | None = None
        self._slot = None if until is None else clock.hold(until, self)

    @property
    def principal(self) -> Principal:
        """Who is calling."""
        return self._request.principal

    def drop(self) -> None:
        """The call is over."""
        if self._slot is not None:
            self._clock.drop(self._slot, self)

    def watch(self, *, waiting: bool) -> None:
        """Whether the current task waits now: each item of a stream may be awaited by another one."""
        self._task = asyncio.current_task(self._clock.loop) if waiting else None

    def behind(self, now: float) -> float:
        """Seconds for which its reader has taken nothing of a full stream."""
        token = self._request.cancellation
        return token.lag(now) if isinstance(token, Token) and not self.expired else 0.0

    def expire(self) -> None:
        """The clock says that the time has come."""
        self._end()

    def revoke(self, error: ServiceError) -> None:
        """End it with ``error``, before its time; the first end holds."""
        if not self.expired:
            self._revoked = error
            self._end()

    def dismiss(self) -> None:
        """End it because the server goes."""
        token = self._request.cancellation
        started = isinstance(token, Token) and token.started
        executed = Executed.UNKNOWN if started else Executed.NO
        text = "the server is shutting down; call another instance"
        self.revoke(ServiceError(Fault.UNAVAILABLE, text, executed=executed, retry_after=1.0))

    def answer(self, error: BaseException) -> BaseException:
        """What the caller is to be told instead of ``error``; the same error where the deadline did not cause it."""
        if isinstance(error, asyncio.CancelledError):
            return self.fault() if self.expired else error
        late = self._until is not None and time.monotonic() >= self._until
        if isinstance(error, ServiceError) and error.fault is Fault.CANCELLED and late:
            # A wrapper that polls request.cancelled may see the deadline before our clock does.
            return ServiceError(Fault.DEADLINE, self.fault().message, executed=error.executed)
        return error

    def fault(self) -> ServiceError:
        """DEADLINE, or why it was revoked; the wrapper is told that nobody waits any more."""
        if self._cancelled is not None:
            uncancel(self._cancelled)
            self._cancelled = None
        token = self._request.cancellation
        executed = Executed.NO
        if isinstance(token, Token):
            executed = Executed.UNKNOWN if token.started else Executed.NO
            token.cancel()
        if self._revoked is not None:
            return self._revoked
        return ServiceError(
            Fault.DEADLINE, f"{self._request.service} did not answer before the deadline", executed=executed
        )

    def _end(self) -> None:
        self.expired = True
        if self._task is None:
            token = self._request.cancellation
            if isinstance(token, Token):
                token.cancel()
            if self.let_go is not None:
                self.let_go()
        else:
            self._cancelled = self._task
            self._task.cancel()
