"""The thread executor: hooks on dedicated threads of this process. Fast; it contains exceptions, nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from functools import partial

from athena.interfaces import Executor, ExecutorFactory, Figures, PluginContext, Session
from athena.link.token import Token
from athena.models import Change, Description, Health, Limits, Reply, Request, ServiceSettings
from athena.plugins import Catalog
from athena.specs import hookimpl

from .batch import nobody
from .bundles import counting
from .hosted import Hosted
from .items import thread_items
from .sinks import OnceSink, ThreadSession, cancel, held
from .tally import Tally

__all__ = ["ThreadExecutor", "ThreadFactory"]


class ThreadFactory(ExecutorFactory):
    """The plugin ``executors.thread``."""

    @hookimpl
    def athena_provide(self) -> tuple[object, ...]:
        return (self,)

    def create(
        self, settings: ServiceSettings, section: object, context: PluginContext, changed: Callable[[], None]
    ) -> Executor:
        return ThreadExecutor(settings, context.limits, changed, figures=context.figures)


class ThreadExecutor(Executor):
    """Calls and sessions of a wrapper that is hosted on threads; made on the loop."""

    def __init__(
        self,
        settings: ServiceSettings,
        limits: Limits,
        changed: Callable[[], None],
        wrapper: object | None = None,
        catalog: Catalog | None = None,
        figures: Figures | None = None,
    ) -> None:
        """Args:
        wrapper: A wrapper class or object given in code, instead of ``settings.wrapper``.
        catalog: Where its middleware is found; None for what is installed.
        figures: Where it counts what operators are to see.
        """
        counted = nobody if figures is None else counting(figures, settings.name)

        def turned() -> None:
            self.refusal = self._hosted.refusal
            changed()

        self._hosted = Hosted(settings, limits, turned, wrapper, catalog, counted)
        self._limit = limits.max_message
        self._tally = Tally()
        # Kept: to ask for the running loop costs a system call, and every call would.
        self._loop = asyncio.get_running_loop()
        self._closing: set[asyncio.Task[None]] = set()

    async def start(self) -> Description:
        description = await self._hosted.start()
        if "resource" in description.operations:
            self.shelf = self._hosted.shelf
        return description

    async def describe(self, service: str) -> Description:
        return self._hosted.engine.hooks.description

    async def once(self, request: Request) -> Reply:
        engine = self._hosted.engine
        future: asyncio.Future[Reply] = self._loop.create_future()
        sink = OnceSink(self._hosted.mailbox, future, self._limit, held(self._tally, self._hosted.losses, request))
        bundles = self._hosted.bundles
        if bundles is None:
            self._hosted.departures.add(partial(engine.call, request, sink))
        else:
            bundles.add(request, sink)
        try:
            return await future
        except asyncio.CancelledError:
            cancel(request)
            if self._hosted.losses is not None:
                self._hosted.losses.watch(request)
            if bundles is not None:
                bundles.discard(sink)
            raise

    def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        return thread_items(self._hosted, self._tally, request)

    async def open(self, request: Request) -> Session:
        sessions = self._hosted.sessions
        session = ThreadSession(request, self._hosted.mailbox, self._hosted.departures, sessions.discard)
        if isinstance(request.cancellation, Token):
            request.cancellation.on_cancel(session.credit.close)
        session.run = self._hosted.engine.open(request, session)
        sessions.add(session)
        try:
            await session.created()
        except BaseException:
            # Not awaited: a create that hangs must not keep whoever gave up; destroy follows when it has returned.
            closing = asyncio.get_running_loop().create_task(session.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            raise
        return session

    async def check(self, change: Change) -> bool:
        if not isinstance(change.new, ServiceSettings) or not self._hosted.reloadable:
            return False
        await self._hosted.check(change.new, change.version)
        return True

    async def reload(self, change: Change) -> None:
        if isinstance(change.new, ServiceSettings):
            await self._hosted.reload(change.new, change.version)

    def settle(self, settings: ServiceSettings) -> None:
        self._hosted.settle(settings)

    def health(self) -> Health:
        return self._hosted.health

    async def drain(self) -> None:
        await self._tally.idle()

    async def stop(self, grace: float | None = None) -> None:
        self.shelf = None
        await self._hosted.stop(grace)
