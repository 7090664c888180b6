"""One service: admission, deadlines and validation before an executor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from athena.describe import Checker, checker
from athena.errors import Fault, ServiceError
from athena.executors.clock import Clock
from athena.interfaces import Executor, Session
from athena.link.token import Token
from athena.models import Change, Description, Health, Reply, Request, ServiceSettings, ServiceView

from .admission import RETRY_AFTER, Admission
from .overdue import Overdue
from .pace import Pace

__all__ = ["Service"]

Began = Callable[[], None] | None
"""Called after admission and before dispatch: the meters' moment."""


class Service:
    """What a dispatcher calls.

    Attributes:
        settings: The table it was made from.
        executor: What runs the wrapper.
        admission: Who executes and who waits.
        sessions: Sessions open now.
        streams: Streams open now.
        expired, cancelled: Calls that were dropped before their wrapper began: late, or given up.
    """

    def __init__(
        self, settings: ServiceSettings, executor: Executor, clock: Clock, changed: Callable[[], None]
    ) -> None:
        self.settings = settings
        self.executor = executor
        self.admission = Admission(settings)
        self.sessions = 0
        self.streams: set[Overdue] = set()
        self.expired = self.cancelled = 0
        self._ends = Pace()
        self._clock = clock
        self._changed = changed
        self._described: dict[str, tuple[Description, Checker]] = {}
        self._failure = ""

    async def start(self) -> None:
        """Bring the executor up; what refuses it is raised, and kept as the reason it is not ready."""
        try:
            description = await self.executor.start()
        except BaseException as error:
            self._failure = str(error)
            raise
        if description is not None:
            self._described[self.settings.name] = (description, checker(description))
        self._changed()

    def view(self) -> ServiceView:
        """A snapshot."""
        health = Health(False, self._failure) if self._failure else self.executor.health()
        described = self._described.get(self.settings.name)
        return ServiceView(self.settings.name, described[0] if described else Description(), health, self.settings)

    async def once(self, request: Request, began: Began) -> Reply:
        """Admit, check, run; the slot is free again when the wrapper has returned."""
        overdue = Overdue(self._clock, request, request.deadline)
        admitted = False
        try:
            if not self.admission.try_enter():
                await self.admission.enter(request)
            admitted = True
            self._check(request)
            if began is not None:
                began()
            return await self.executor.once(request)
        except (asyncio.CancelledError, ServiceError) as error:
            answer = _noted(self, overdue.answer(error), request)
            if answer is error:
                raise
            raise answer from None
        finally:
            overdue.drop()
            if admitted:
                _leave(self.admission, request)

    async def stream(self, request: Request, began: Began) -> AsyncGenerator[Reply, None]:
        """As ``once``, reply by reply."""
        overdue = Overdue(self._clock, request, request.deadline)
        self.streams.add(overdue)
        admitted = False
        try:
            await self.admission.enter(request)
            admitted = True
            self._check(request)
            if began is not None:
                began()
            async with aclosing(self._replies(request, overdue)) as replies:
                async for reply in replies:
                    yield reply
        except (asyncio.CancelledError, ServiceError) as error:
            answer = _noted(self, overdue.answer(error), request)
            if answer is error:
                raise
            raise answer from None
        finally:
            overdue.drop()
            self.streams.discard(overdue)
            if admitted:
                _leave(self.admission, request)

    async def open(self, request: Request, until: float, began: Began) -> Session:
        """Begin a session on the executor; ``until`` bounds the opening alone."""
        if self.sessions >= self.settings.max_sessions:
            text = f"{request.service} has {self.sessions} sessions open, its max_sessions"
            raise ServiceError(Fault.OVERLOADED, text, retry_after=self._ends.seconds or RETRY_AFTER)
        facts = self._described.get(request.service)
        if facts is not None and "session" not in facts[0].operations:
            raise ServiceError(Fault.UNSUPPORTED, f"{request.service} has no sessions; call it once")
        overdue = Overdue(self._clock, request, until)
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
        except (asyncio.CancelledError, ServiceError) as error:
            answer = overdue.answer(error)
            if answer is error:
                raise
            raise answer from None
        finally:
            overdue.drop()
            if not opened:
                self.sessions -= 1

    def left(self) -> None:
        """A session that ``open`` returned is gone."""
        if self.sessions < self.settings.max_sessions:
            self._ends.row = 0
        else:
            self._ends.ended()
        self.sessions -= 1

    def check_of_writes(self, name: str) -> Callable[[Request], None] | None:
        """What raises ServiceError(BAD_REQUEST) where a session's write does not fit; None where anything fits."""
        facts = self._described.get(name)
        return facts[1].parts if facts is not None and facts[1].describes_parts else None

    async def check(self, change: Change) -> None:
        """Phase 1 of a reload."""
        await self.executor.check(change)

    async def reload(self, settings: ServiceSettings, change: Change | None) -> None:
        """Phase 2: take the new limits, and hand the wrapper's new table on where it changed."""
        self.settings = settings
        if change is not None:
            await self.executor.reload(change)
        self.admission.resize(settings)
        self._changed()

    def _check(self, request: Request) -> None:
        facts = self._described.get(request.service)
        if facts is None:
            return  # a wildcard's name: whoever answers for it checks
        if "once" not in facts[0].operations and "batch" not in facts[0].operations:
            raise ServiceError(Fault.UNSUPPORTED, f"{request.service} answers sessions only; open one")
        facts[1].request(request)

    async def _replies(self, request: Request, overdue: Overdue) -> AsyncGenerator[Reply, None]:
        async with aclosing(self.executor.stream(request)) as replies:
            while True:
                overdue.watch(waiting=True)
                try:
                    reply = await replies.__anext__()
                except StopAsyncIteration:
                    return
                overdue.watch(waiting=False)
                yield reply
                if overdue.expired:
                    raise overdue.fault()


def _leave(admission: Admission, request: Request) -> None:
    """Give the slot back; a hook that runs on after its caller has gone keeps it until it returns."""
    token = request.cancellation
    if isinstance(token, Token) and token.held:
        token.then(admission.leave)
    else:
        admission.leave()


def _noted(service: Service, answer: BaseException, request: Request) -> BaseException:
    """Count a call that was dropped before its wrapper began; returns the answer."""
    token = request.cancellation
    if isinstance(token, Token) and not token.started:
        if isinstance(answer, asyncio.CancelledError):
            service.cancelled += 1
        elif isinstance(answer, ServiceError) and answer.fault is Fault.DEADLINE:
            service.expired += 1
    return answer
