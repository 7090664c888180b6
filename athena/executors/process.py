"""The process executor: each wrapper in worker processes of its own, supervised; what dies takes nothing else along."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import Fault, PluginBroken, PluginRefused, ServiceError
from ..interfaces import Executor, ExecutorFactory, Host, PluginContext, Session
from ..link.entries import Once, Stream
from ..link.frames import CHECK, RELOAD
from ..link.greeting import Ready
from ..link.peer import Entry
from ..link.tables import Tables, encode_change
from ..models import Change, Description, Health, Limits, Reply, Request, ServiceSettings
from ..plugins import Catalog, construct
from ..specs import hookimpl
from .pool import Pool
from .replies import join
from .seat import Backoff, Seat
from .worker import Worker

__all__ = ["ProcessExecutor", "ProcessFactory", "probe"]

log = logging.getLogger("athena.process")

_CHECK = 5.0
"""Seconds a worker may take to check a new configuration; silence refuses."""


class ProcessFactory(ExecutorFactory):
    """The plugin ``executors.process``."""

    @hookimpl
    def athena_provide(self) -> tuple[object, ...]:
        return (self,)

    def create(
        self, settings: ServiceSettings, section: object, context: PluginContext, changed: Callable[[], None]
    ) -> Executor:
        return ProcessExecutor(settings, context, changed)


class ProcessExecutor(Executor):
    """``workers`` processes, each with ``threads`` executions at once, and ``spares`` that stand by."""

    def __init__(self, settings: ServiceSettings, context: PluginContext, changed: Callable[[], None]) -> None:
        self._settings = settings
        self._context = context
        self._limits = context.limits
        self._changed = changed
        self._seats: list[Seat] = []
        self._pool: Pool | None = None
        self._ready: Ready | None = None
        self._over = False

    async def start(self) -> Description:
        """Bring all workers up; spares come up in the background of that.

        Raises:
            PluginError, SettingsError: The wrapper was refused.
            ServiceError: UNAVAILABLE, when it took longer than ``init_timeout``, or no GPU is free.
        """
        settings = self._settings
        command = _command(settings)
        pool = self._pool = Pool(settings, self._limits)
        self._backoff = Backoff()
        for _ in range(settings.workers + settings.spares):
            seat = Seat(settings, self._context, command, self._backoff, pool.came, self._died, self._look)
            self._seats.append(seat)
        outcomes = await asyncio.gather(*(seat.start() for seat in self._seats), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                await self.stop()
                raise outcome
            self._ready = outcome
        assert self._ready is not None  # there is at least one worker
        return self._ready.description

    async def describe(self, service: str) -> Description:
        self._running()
        assert self._ready is not None  # it runs, so start() has returned
        return self._ready.description

    async def once(self, request: Request) -> Reply:
        pool = self._pool or self._running()
        call = Once(request, pool.ended, asyncio.get_running_loop().create_future(), self._limits.max_message)
        pool.submit(call)
        try:
            outcome = await call.future
        except asyncio.CancelledError:
            pool.abandon(call)
            raise
        except ServiceError:
            if not call.over:
                pool.abandon(call)  # it has sent more than may be joined, and sends on
            raise
        return outcome if isinstance(outcome, Reply) else join(outcome)

    async def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        pool = self._pool or self._running()
        call = Stream(request, pool.ended)
        pool.submit(call)
        try:
            while (reply := await call.inbox.get()) is not None:
                yield reply
        finally:
            if not call.over:
                call.inbox.end(None)
                pool.abandon(call)

    async def open(self, request: Request) -> Session:
        pool = self._pool or self._running()
        return await pool.open(request)

    async def check(self, change: Change) -> None:
        settings = change.new
        if not isinstance(settings, ServiceSettings):
            return
        workers = self._running().workers
        if not workers:
            # Nobody is up to ask: a worker that only describes says at least whether the new table fits.
            await probe(settings, self._limits)
            return
        head = encode_change(Tables(settings.config, settings.middleware_config), change.version)
        try:
            await _all(worker.ask(CHECK, head, _CHECK) for worker in workers)
        except asyncio.TimeoutError:
            text = f"services.{settings.name}: a worker did not answer athena_config_check within {_CHECK:g} s"
            raise PluginBroken(text) from None
        except ServiceError as error:
            text = f"services.{settings.name}: a worker was lost while it checked the new configuration"
            raise PluginBroken(text) from error

    async def reload(self, change: Change) -> None:
        settings = change.new
        if not isinstance(settings, ServiceSettings):
            return
        for seat in self._seats:
            seat.settings = settings
        self._settings = settings
        head = encode_change(Tables(settings.config, settings.middleware_config), change.version)
        await asyncio.gather(*(self._reload(worker, head) for worker in self._running().workers))
        self._backoff.clear()

    def health(self) -> Health:
        states = Counter(seat.state for seat in self._seats)
        if self._over or self._pool is None:
            return Health(False, "stopped" if self._over else "starting", {} if self._over else {"starting": 1})
        if states["ready"]:
            missing = len(self._seats) - states["ready"]
            return Health(
                True, f"{missing} of {len(self._seats)} workers are being restarted" if missing else "", states
            )
        return Health(False, self._pool.closed or self._backoff.reason or "no worker is ready", states)

    async def drain(self) -> None:
        if self._pool is not None:
            await self._pool.drain()

    async def stop(self) -> None:
        if self._over:
            return
        self._over = True
        if self._pool is not None:
            self._pool.close(f"{self._settings.name} has stopped")
            sessions = [session for worker in self._pool.workers for session in worker.sessions]
            for session in sessions:
                session.shut(Fault.UNAVAILABLE)
            if sessions:
                closing = [asyncio.ensure_future(session.close()) for session in sessions]
                await asyncio.wait(closing, timeout=self._settings.grace)
        await asyncio.gather(*(seat.stop(self._settings.grace) for seat in self._seats))
        self._changed()

    def _running(self) -> Pool:
        if self._pool is None:
            raise ServiceError(Fault.UNAVAILABLE, f"{self._settings.name} is not running", retry_after=1.0)
        return self._pool

    def _died(self, worker: Worker, unseen: list[Entry]) -> None:
        assert self._pool is not None  # start() made it before the first seat
        self._pool.died(worker, unseen)
        self._changed()

    def _look(self) -> None:
        """A seat's state has changed: callers wait only while there is something to wait for."""
        pool = self._pool
        if pool is not None and not self._over:
            failed = all(seat.state == "failed" for seat in self._seats)
            if failed and not pool.closed:
                pool.close(f"{self._settings.name} has failed: {self._backoff.reason}")
            elif pool.closed and any(seat.state == "ready" for seat in self._seats):
                pool.closed = ""
        self._changed()

    async def _reload(self, worker: Worker, head: bytes) -> None:
        try:
            await worker.ask(RELOAD, head, self._settings.init_timeout)
        except (Exception, asyncio.TimeoutError) as error:
            # The reason is the wrapper's text: it belongs into the log, and not into what its callers are told.
            log.error("%s: a worker did not take the new configuration: %s", self._settings.name, error)
            self._running().retire(worker)
            worker.kill("was replaced: it did not take the new configuration")


async def probe(settings: ServiceSettings, limits: Limits) -> Description:
    """Load a wrapper in a worker that only describes it: no athena_init, no GPU.

    Raises:
        PluginError, SettingsError, ServiceError: Why it would not come up.
    """
    worker = Worker(settings, limits, (), lambda one, unseen: None)
    try:
        return (await worker.start(_command(settings), probe=True)).description
    finally:
        await worker.stop(1.0)


async def _all(questions: Any) -> None:  # Any: an iterable of coroutines
    tasks = [asyncio.ensure_future(question) for question in questions]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task


def _command(settings: ServiceSettings) -> Sequence[str] | None:
    """The argv of a foreign worker, where a host gives one for the wrapper's suffix; None for the standard child."""
    suffix = Path(settings.wrapper).suffix.removeprefix(".")
    if not suffix or suffix == "py" or ":" in settings.wrapper:
        return None
    cls = Catalog().load("hosts", suffix)
    host: Any = construct(f"hosts.{suffix}", cls, settings.config, ("config",))  # Any: its mro says what it is
    if Host not in type(host).__mro__:
        raise PluginRefused(f"hosts.{suffix}: {cls.__name__} does not inherit athena.interfaces.Host")
    command: tuple[str, ...] | None = host.command(str(Path(settings.folder) / settings.wrapper), settings)
    if command is not None and settings.middleware:
        text = f"services.{settings.name}.middleware: {command[0]} is not Python and runs no middleware; remove the key"
        raise PluginRefused(text)
    return command
