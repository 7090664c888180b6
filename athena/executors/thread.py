"""The thread executor: hooks on dedicated threads of this process. Fast; it contains exceptions, nothing more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from athena.errors import AthenaError, Fault, PluginBroken, ServiceError
from athena.interfaces import Executor, ExecutorFactory, PluginContext, Session
from athena.link.token import Token
from athena.models import Change, Description, Health, Limits, Reply, Request, ServiceSettings, WrapperContext
from athena.plugins import Hooks, load_wrapper
from athena.specs import hookimpl

from .engine import Engine
from .lanes import Lanes
from .mailbox import Mailbox
from .sinks import OnceSink, StreamSink, ThreadSession

__all__ = ["ThreadExecutor", "ThreadFactory"]

log = logging.getLogger("athena.thread")
T = TypeVar("T")

STOP_GRACE = 5.0
"""Seconds a running hook may take when the executor is stopped or reloaded."""


class ThreadFactory(ExecutorFactory):
    """The plugin ``executors.thread``."""

    @hookimpl
    def athena_provide(self) -> tuple[object, ...]:
        return (self,)

    def create(
        self, settings: ServiceSettings, section: object, context: PluginContext, changed: Callable[[], None]
    ) -> Executor:
        return ThreadExecutor(settings, context.limits, changed)


class ThreadExecutor(Executor):
    """One wrapper on ``workers * threads`` threads: threads share their memory, so ``workers`` only adds threads."""

    def __init__(
        self, settings: ServiceSettings, limits: Limits, changed: Callable[[], None], wrapper: object | None = None
    ) -> None:
        """Args:
        wrapper: A wrapper class or object given in code, instead of ``settings.wrapper``.
        """
        self._settings = settings
        self._limits = limits
        self._changed = changed
        self._wrapper = settings.wrapper if wrapper is None else wrapper
        self._main = Lanes(f"athena-{settings.name}-main", 1)
        self._engine: Engine | None = None
        self._health = Health(False, "starting", {"starting": 1})
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._sessions: set[ThreadSession] = set()
        self._closing: set[asyncio.Task[None]] = set()

    async def start(self) -> Description:
        """Load and initialise the wrapper, on its main thread.

        Raises:
            PluginError, SettingsError: The wrapper was refused.
            ServiceError: UNAVAILABLE, when that took longer than ``init_timeout``.
        """
        self._mailbox = Mailbox(asyncio.get_running_loop())
        self._main.start()
        return await self._begin()

    async def _begin(self) -> Description:
        settings = self._settings
        try:
            hooks = await asyncio.wait_for(self._on_main(self._load), settings.init_timeout)
        except asyncio.TimeoutError:
            text = f"services.{settings.name}: athena_init took longer than init_timeout = {settings.init_timeout:g} s"
            raise ServiceError(Fault.UNAVAILABLE, text) from None
        threads = settings.threads * settings.workers
        self._engine = Engine(hooks, settings.name, threads, max_message=self._limits.max_message)
        self._engine.start()
        self._set_health(Health(True, "", {"ready": 1}))
        return hooks.description

    async def describe(self, service: str) -> Description:
        return self._ready().hooks.description

    async def once(self, request: Request) -> Reply:
        engine = self._ready()
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._began()
        engine.call(request, OnceSink(self._mailbox, future, self._limits.max_message, self._ended))
        try:
            return await future
        except asyncio.CancelledError:
            _cancel(request)
            raise

    async def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        engine = self._ready()
        sink = StreamSink(self._mailbox, self._ended)
        if isinstance(request.cancellation, Token):
            request.cancellation.on_cancel(sink.credit.close)
        self._began()
        engine.call(request, sink)
        try:
            while (reply := await sink.inbox.get()) is not None:
                yield reply
        finally:
            sink.credit.close()
            _cancel(request)

    async def open(self, request: Request) -> Session:
        session = ThreadSession(request, self._mailbox, self._sessions.discard)
        if isinstance(request.cancellation, Token):
            request.cancellation.on_cancel(session.credit.close)
        session.run = self._ready().open(request, session)
        self._sessions.add(session)
        try:
            await session.created()
        except BaseException:
            # Not awaited: a create that hangs must not keep whoever gave up; destroy follows when it has returned.
            closing = asyncio.get_running_loop().create_task(session.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            raise
        return session

    async def check(self, change: Change) -> None:
        await self._on_main(partial(self._alone, partial(self._ready().hooks.check, _config(change), change.version)))

    async def reload(self, change: Change) -> None:
        if isinstance(change.new, ServiceSettings):
            self._settings = change.new
        hooks = self._ready().hooks
        try:
            await self._on_main(partial(self._alone, partial(hooks.reload, _config(change), change.version)))
        except AthenaError:
            log.exception("%s: the wrapper failed to take its new config; a new one is started", self._settings.name)
            await self._replace()

    def health(self) -> Health:
        return self._health

    async def drain(self) -> None:
        await self._idle.wait()

    async def stop(self) -> None:
        await self._let_go(Health(False, "stopped"), Fault.UNAVAILABLE)
        self._main.stop(0.0)

    async def _let_go(self, health: Health, reason: Fault) -> None:
        """End the sessions, let running calls finish, and the wrapper go."""
        await asyncio.gather(*(session.close(reason) for session in list(self._sessions)))
        engine, self._engine = self._engine, None
        self._set_health(health)
        if engine is None:
            return
        if await self._on_main(partial(engine.stop, STOP_GRACE)):
            await self._on_main(engine.hooks.fini)
        else:
            log.warning("%s: a hook still runs; its thread is left behind", self._settings.name)

    async def _replace(self) -> None:
        """Start the wrapper anew, once the old one has let go: given as an object, it is the same one."""
        await self._let_go(Health(False, "replacing the wrapper", {"starting": 1}), Fault.WORKER_LOST)
        try:
            await self._begin()
        except AthenaError as error:
            self._set_health(Health(False, str(error), {"failed": 1}))

    def _ready(self) -> Engine:
        if self._engine is None:
            raise ServiceError(Fault.UNAVAILABLE, f"{self._settings.name} is not running: {self._health.reason}")
        return self._engine

    def _load(self) -> Hooks:
        settings = self._settings
        hooks = load_wrapper(
            self._wrapper,
            service=settings.name,
            config=settings.config,
            middleware=settings.middleware_config,
            folder=Path(settings.folder),
        )
        hooks.init(WrapperContext(settings.name, (), self._limits))
        return hooks

    def _alone(self, action: Callable[[], object]) -> None:
        if self._engine is None:
            return
        with self._engine.alone(STOP_GRACE) as calm:
            if not calm:
                text = f"services.{self._settings.name}: a hook ran on for {STOP_GRACE:g} s; nothing was changed"
                raise PluginBroken(text)
            action()

    async def _on_main(self, action: Callable[[], T]) -> T:
        """Run on the wrapper's main thread, and bring back what it returned or raised, but never an exit."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def job() -> None:
            try:
                result = action()
            except Exception as error:
                self._mailbox.post(_settle, future, None, error)
            except BaseException as error:
                # SystemExit and its kin would end the loop if they came out of a future.
                text = f"services.{self._settings.name}: loading its wrapper raised {type(error).__name__}: {error}"
                self._mailbox.post(_settle, future, None, PluginBroken(text))
            else:
                self._mailbox.post(_settle, future, result, None)

        self._main.submit(job)
        return await future

    def _began(self) -> None:
        self._running += 1
        if self._running == 1:
            self._idle.clear()

    def _ended(self) -> None:
        self._running -= 1
        if not self._running:
            self._idle.set()

    def _set_health(self, health: Health) -> None:
        self._health = health
        self._changed()


def _cancel(request: Request) -> None:
    if isinstance(request.cancellation, Token):
        request.cancellation.cancel()


def _config(change: Change) -> Mapping[str, Any]:  # Any: a table as the toml gives it
    """The wrapper's new table; executors are given the whole service's settings, old and new."""
    return change.new.config if isinstance(change.new, ServiceSettings) else {}


def _settle(future: asyncio.Future[T], result: T, error: Exception | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
