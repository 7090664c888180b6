"""One service: who waits, who runs, until when, and whether the request fits the description."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Any

from ._compat import uncancel
from .describe import Checker, checker
from .errors import Executed, Fault, ServiceError
from .executors.clock import Clock
from .interfaces import Executor, Session
from .link.token import Token
from .models import Change, Description, Health, Reply, Request, ServiceSettings, ServiceView

__all__ = ["Service"]

AHEAD = 16
"""Calls that wait at the executor's lanes rather than here; until its lane takes one up, it has not been executed."""
Began = Callable[[], None] | None
"""Called after admission and before dispatch: the meters' moment."""


class Service:
    """Admission, deadlines and validation before an executor.

    Attributes:
        settings: The table it was made from.
        running: Calls the executor has been given.
        sessions: Sessions open now.
    """

    def __init__(
        self, settings: ServiceSettings, executor: Executor, clock: Clock, changed: Callable[[], None]
    ) -> None:
        self.settings = settings
        self.executor = executor
        self.running = 0
        self.sessions = 0
        self._clock = clock
        self._changed = changed
        self._limit = _limit(settings)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._described: dict[str, tuple[Description, Checker]] = {}
        self._wildcard = False
        self._failure = ""

    @property
    def waiting(self) -> int:
        """Calls admitted that cannot execute yet."""
        return len(self._waiting) + max(0, self.running - self.settings.concurrency)

    async def start(self) -> None:
        """Bring the executor up; what refuses it is raised, and kept as the reason it is not ready."""
        try:
            description = await self.executor.start()
        except BaseException as error:
            self._failure = str(error)
            raise
        if description is None:
            self._wildcard = True
        else:
            self._described[self.settings.name] = (description, checker(description))
        self._changed()

    def view(self) -> ServiceView:
        """A snapshot."""
        health = Health(False, self._failure) if self._failure else self.executor.health()
        described = self._described.get(self.settings.name)
        return ServiceView(self.settings.name, described[0] if described else Description(), health, self.settings)

    async def describe(self, service: str) -> Description:
        """What answers for that name."""
        return (await self._facts(service))[0]

    async def once(self, request: Request, began: Began) -> Reply:
        """Admit, check, run; the slot is free again when this returns."""
        call = _Call(asyncio.current_task())
        slot = None if request.deadline is None else self._clock.hold(request.deadline, call)
        admitted = False
        try:
            if self.running < self._limit and not self._waiting:
                self.running += 1
            else:
                await self._queue()
            admitted = True
            self._check(request)
            if began is not None:
                began()
            return await self.executor.once(request)
        except asyncio.CancelledError:
            if call.expired:
                raise self._late(request, call) from None
            raise
        except ServiceError as error:
            raise self._told_late(request, call, error) from None
        finally:
            if slot is not None:
                self._clock.drop(slot, call)
            if admitted:
                self._release()

    async def stream(self, request: Request, began: Began) -> AsyncGenerator[Reply, None]:
        """As ``once``, reply by reply."""
        call = _Call(asyncio.current_task())
        slot = None if request.deadline is None else self._clock.hold(request.deadline, call)
        admitted = False
        try:
            await self._queue()
            admitted = True
            self._check(request)
            if began is not None:
                began()
            async with aclosing(self._replies(request, call)) as replies:
                async for reply in replies:
                    yield reply
        except asyncio.CancelledError:
            if call.expired:
                raise self._late(request, call) from None
            raise
        except ServiceError as error:
            raise self._told_late(request, call, error) from None
        finally:
            if slot is not None:
                self._clock.drop(slot, call)
            if admitted:
                self._release()

    async def open(self, request: Request, until: float, began: Began) -> Session:
        """Begin a session on the executor; ``until`` bounds the opening alone."""
        if self.sessions >= self.settings.max_sessions:
            text = f"{request.service} has {self.sessions} sessions open, its max_sessions"
            raise ServiceError(Fault.OVERLOADED, text, retry_after=1.0)
        facts = self._described.get(request.service)
        if facts is not None and "session" not in facts[0].operations:
            raise ServiceError(Fault.UNSUPPORTED, f"{request.service} has no sessions; call it once")
        call = _Call(asyncio.current_task())
        slot = self._clock.hold(until, call)
        self.sessions += 1
        opened = False
        try:
            if facts is not None:
                facts[1].params(request)
            if began is not None:
                began()
            session = await self.executor.open(request)
            opened = True
            return session
        except asyncio.CancelledError:
            if call.expired:
                raise self._late(request, call) from None
            raise
        finally:
            self._clock.drop(slot, call)
            if not opened:
                self.sessions -= 1

    def left(self) -> None:
        """A session that ``open`` returned is gone."""
        self.sessions -= 1

    def check_write(self, request: Request) -> None:
        """Raises ServiceError(BAD_REQUEST) where a session's write does not fit the description."""
        facts = self._described.get(request.service)
        if facts is not None:
            facts[1].parts(request)

    async def check(self, change: Change) -> None:
        """Phase 1 of a reload."""
        await self.executor.check(change)

    async def reload(self, settings: ServiceSettings, change: Change | None) -> None:
        """Phase 2: take the new limits, and hand the wrapper's new table on where it changed."""
        self.settings = settings
        self._limit = _limit(settings)
        if change is not None:
            await self.executor.reload(change)
        self._admit_waiting()
        self._changed()

    async def _facts(self, service: str) -> tuple[Description, Checker]:
        facts = self._described.get(service)
        if facts is None:
            description = await self.executor.describe(service)
            facts = self._described[service] = (description, checker(description))
        return facts

    def _check(self, request: Request) -> None:
        facts = self._described.get(request.service)
        if facts is None:
            return  # a wildcard's name that was not described yet: whoever answers it checks
        if "once" not in facts[0].operations and "batch" not in facts[0].operations:
            raise ServiceError(Fault.UNSUPPORTED, f"{request.service} answers sessions only; open one")
        facts[1].request(request)

    async def _replies(self, request: Request, call: _Call) -> AsyncGenerator[Reply, None]:
        replies = self.executor.stream(request)
        try:
            while True:
                # Each item may be awaited by another task; the deadline must cancel the one that waits now.
                call.task = asyncio.current_task()
                try:
                    reply = await replies.__anext__()
                except StopAsyncIteration:
                    return
                call.task = None
                yield reply
                if call.expired:
                    raise self._late(request, call)
        finally:
            await replies.aclose()

    async def _queue(self) -> None:
        """Take a slot, waiting for one where the queue has room."""
        if self.running < self._limit and not self._waiting:
            self.running += 1
            return
        if self.running + len(self._waiting) >= self.settings.concurrency + self.settings.queue:
            text = f"{self.settings.name} has {self.running} calls running and {len(self._waiting)} waiting, its limits"
            raise ServiceError(Fault.OVERLOADED, text, retry_after=1.0)
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._release()  # the slot was handed over in the very moment the caller went
            else:
                with suppress(ValueError):  # whoever released a slot meanwhile has taken it off already
                    self._waiting.remove(waiter)
            raise

    def _release(self) -> None:
        self.running -= 1
        self._admit_waiting()

    def _admit_waiting(self) -> None:
        while self._waiting and self.running < self._limit:
            waiter = self._waiting.popleft()
            if not waiter.done():
                self.running += 1
                waiter.set_result(None)

    def _told_late(self, request: Request, call: _Call, error: ServiceError) -> ServiceError:
        """A wrapper that polls ``request.cancelled`` may see the deadline before our clock does."""
        late = request.deadline is not None and time.monotonic() >= request.deadline
        if error.fault is not Fault.CANCELLED or not late:
            return error
        return ServiceError(Fault.DEADLINE, self._late(request, call).message, executed=error.executed)

    def _late(self, request: Request, call: _Call) -> ServiceError:
        if call.cancelled_task is not None:
            uncancel(call.cancelled_task)
        token = request.cancellation
        started = isinstance(token, Token) and token.started
        if isinstance(token, Token):
            token.cancel()
        text = f"{request.service} did not answer before the deadline"
        return ServiceError(Fault.DEADLINE, text, executed=Executed.UNKNOWN if started else Executed.NO)


def _limit(settings: ServiceSettings) -> int:
    """Calls handed to the executor at once: those that may run, and a few more that wait at its lanes.

    A lane that finds its next call waiting need not wake the loop for it. Only where the lanes themselves are the
    bound: a ``max_concurrency`` below them is kept here.
    """
    allowed = settings.concurrency
    if allowed < settings.workers * settings.threads:
        return allowed
    return allowed + min(AHEAD, settings.queue)


class _Call:
    """Cancels the task that waits when the deadline passes, and remembers that it was the deadline."""

    __slots__ = ("cancelled_task", "expired", "task")

    def __init__(self, task: asyncio.Task[Any] | None) -> None:  # Any: whatever the caller's task returns
        self.task = task
        self.cancelled_task: asyncio.Task[Any] | None = None
        self.expired = False

    def expire(self) -> None:
        self.expired = True
        if self.task is not None:
            self.cancelled_task = self.task
            self.task.cancel()
