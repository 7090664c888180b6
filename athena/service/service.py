"""One service: admission, deadlines and validation before an executor, which a reload may replace while calls run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from athena.describe import judge_reply
from athena.errors import Fault, ServiceError
from athena.executors.clock import Clock
from athena.interfaces import Executor, Session
from athena.models import Description, Reply, Request, ServiceSettings, ServiceView

from .admission import RETRY_AFTER, Admission, noted
from .generation import Generation, Generations
from .judged import Judged
from .overdue import Overdue
from .pace import Pace
from .resources import Resources
from .streams import streamed

__all__ = ["Service"]

LOOK = 0.05
"""Seconds between looks at a service that is removed: whether all that was accepted has come out again."""

Began = Callable[[], None] | None
"""Called after admission and before dispatch: the meters' moment."""


class Service:
    """What a dispatcher calls.

    Attributes:
        settings: The table it was made from.
        executor: What runs the wrapper: the current generation's.
        generations: All that still run.
        admission: Who executes and who waits.
        resources: The personalised resources that it holds.
        streams: Streams open now.
        clock: What ends them in time.
        facts: What the wrapper says of itself, and the check of it; None where nothing is known.
        debug: Whether replies are compared with it.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        executor: Executor,
        clock: Clock,
        changed: Callable[[], None],
        debug: bool = False,
    ) -> None:
        """Args:
        debug: Compare replies with what the wrapper declares.
        """
        self.settings = settings
        self.executor = executor
        self.resources = Resources(settings)
        self.generations = Generations(Generation(settings, executor, self.resources), changed)
        self.admission = Admission(settings)
        self.streams: set[Overdue] = set()
        self._ends = Pace()
        self.facts = self.generations.current.facts
        self.clock = clock
        self._changed = changed
        self.debug = debug

    @property
    def sessions(self) -> int:
        """Sessions open now."""
        generations = self.generations
        return generations.current.sessions + sum(old.sessions for old in generations.retiring)

    async def start(self) -> None:
        """Bring the executor up; what refuses it is raised, and kept as the reason it is not ready."""
        await self.generations.current.start()
        self.facts = self.generations.current.facts
        self._changed()

    def view(self) -> ServiceView:
        """A snapshot."""
        facts = self.facts
        description = facts[0] if facts else Description()
        return ServiceView(self.settings.name, description, self.generations.health(), self.settings)

    def settle(self, settings: ServiceSettings, generation: Generation | None = None) -> None:
        """Take new limits, and give what is new to a new generation, which is warm; on the loop, without waiting."""
        self.settings = self.resources.settings = settings
        if generation is not None:
            self.executor, self.facts = generation.executor, generation.facts
            self.generations.replace(generation)
        self.executor.settle(settings)
        self.admission.resize(settings)
        self._changed()

    async def retire(self) -> None:
        """Stop when all that was accepted is over: nobody new finds this service any more."""
        await asyncio.sleep(LOOK)
        # Looked at now and then: calls, as they end, should pay nothing for what happens so rarely.
        while self.admission.running or self.admission.waiting or self.sessions or self.generations.retiring:  # noqa: ASYNC110
            await asyncio.sleep(LOOK)
        await self.executor.stop()

    async def once(self, request: Request, began: Began) -> Reply:
        """Admit, check, run; the slot is free again when the wrapper has returned."""
        overdue = Overdue(self.clock, request, request.deadline)
        admitted = False
        try:
            if not self.admission.try_enter():
                await self.admission.enter(request, self.executor.refusal)
            admitted = True
            self.check(request)
            if began is not None:
                began()
            reply = await self.executor.once(request)
            if self.debug and self.facts is not None:
                judge_reply(self.facts[0], reply, whole=True)
            return reply
        except (asyncio.CancelledError, ServiceError) as error:
            answer = noted(self.admission, overdue.answer(error), request)
            if answer is error:
                raise
            raise answer from None
        finally:
            overdue.drop()
            if admitted:
                if self.resources.users:
                    self.resources.give_back(request)
                self.admission.left(request)

    def stream(self, request: Request, began: Began) -> AsyncGenerator[Reply, None]:
        """As ``once``, reply by reply."""
        return streamed(self, request, began)

    async def open(self, request: Request, until: float, began: Began) -> tuple[Session, Generation]:
        """Begin a session on the executor; ``until`` bounds the opening alone.

        Returns:
            The session, and where it lives: it is to be told when the session is gone.
        """
        if self.sessions >= self.settings.max_sessions:
            text = f"{request.service} has {self.sessions} sessions open, its max_sessions"
            raise ServiceError(Fault.OVERLOADED, text, retry_after=self._ends.seconds or RETRY_AFTER)
        generation = self.generations.current
        facts = generation.facts
        if facts is not None and "session" not in facts[0].operations:
            raise ServiceError(Fault.UNSUPPORTED, f"{request.service} has no sessions; call it once")
        overdue = Overdue(self.clock, request, until)
        generation.came()
        opened = False
        try:
            if facts is not None:
                facts[1].params(request)
            if began is not None:
                began()
            if generation.executor.shelf is not None:
                self.resources.borrow(request)
            session = await generation.executor.open(request)
            opened = True
            return (Judged(session, facts[0]) if self.debug and facts is not None else session), generation
        except (asyncio.CancelledError, ServiceError) as error:
            answer = overdue.answer(error)
            if answer is error:
                raise
            raise answer from None
        finally:
            overdue.drop()
            if not opened:
                self.resources.give_back(request)
                generation.left()

    def left(self, home: Generation, request: Request) -> None:
        """A session that ``open`` returned for a request is gone from where it lived."""
        self.resources.give_back(request)
        if self.sessions < self.settings.max_sessions:
            self._ends.row = 0
        else:
            self._ends.ended()
        home.left()

    def check(self, request: Request) -> None:
        """Whether a call is one that the wrapper takes; it holds the resources that it names from now on.

        Raises:
            ServiceError: UNSUPPORTED, BAD_REQUEST, NOT_FOUND.
        """
        facts = self.facts
        if facts is None:
            return  # a wildcard's name: whoever answers for it checks
        if "once" not in facts[0].operations and "batch" not in facts[0].operations:
            raise ServiceError(Fault.UNSUPPORTED, f"{request.service} answers sessions only; open one")
        facts[1].request(request)
        if self.executor.shelf is not None:
            self.resources.borrow(request)
