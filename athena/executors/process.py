"""The process executor: each wrapper in worker processes of its own, supervised; what dies takes nothing else along."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import Fault, PluginBroken, PluginRefused, ServiceError
from ..interfaces import Executor, ExecutorFactory, Host, PluginContext, Session
from ..link.entries import Once
from ..link.frames import DRAIN
from ..link.greeting import Ready
from ..link.tables import Tables, encode_change
from ..models import Change, Description, Health, Limits, Reply, Request, ServiceSettings, WorkerView
from ..plugins import Catalog, construct, is_program
from ..specs import hookimpl
from .gathering import Gathering
from .items import worker_items
from .replies import join
from .sandbox import ProcessSection, Sandbox
from .spawn import Start
from .staff import Staff
from .worker import Worker

__all__ = ["ProcessExecutor", "ProcessFactory", "probe"]

_CHECK = 5.0
"""Seconds a worker may take to check a new configuration; silence refuses."""


class ProcessFactory(ExecutorFactory):
    """The plugin ``executors.process``."""

    Section = ProcessSection

    def __init__(self, section: ProcessSection | None = None) -> None:
        """Args:
        section: ``[executors.process]``: for services that have no table ``process`` of their own.
        """
        self._section = section or ProcessSection()

    @hookimpl
    def athena_provide(self) -> tuple[object, ...]:
        return (self,)

    def create(
        self, settings: ServiceSettings, section: object, context: PluginContext, changed: Callable[[], None]
    ) -> Executor:
        own = section if isinstance(section, ProcessSection) and "process" in settings.tables else self._section
        return ProcessExecutor(settings, context, changed, own)


class ProcessExecutor(Gathering, Executor):
    """``workers`` processes, each with ``threads`` executions at once, and ``spares`` that stand by."""

    def __init__(
        self,
        settings: ServiceSettings,
        context: PluginContext,
        changed: Callable[[], None],
        section: ProcessSection | None = None,
    ) -> None:
        """Args:
        section: ``[services.x.process]``.
        """
        self._settings = settings
        self._section = section or ProcessSection()
        self._context = context
        self._limits = context.limits
        self._changed = changed
        self._staff: Staff | None = None
        self._ready: Ready | None = None
        self._over = False
        # Kept: to ask for the running loop costs a system call, and every call would.
        self._loop = asyncio.get_running_loop()

    async def start(self) -> Description:
        """Bring all workers up, spares too.

        Raises:
            PluginError, SettingsError: The wrapper was refused.
            ServiceError: UNAVAILABLE, when it took longer than ``init_timeout``, or no GPU is free.
        """
        settings = self._settings
        self._staff = Staff(
            settings, self._context, _command(settings), Sandbox(self._section, settings), self._changed
        )
        try:
            self._ready = await self._staff.start()
            self.gather(self._staff, settings, self._ready, self._context.figures)
            if "resource" in self._ready.description.operations:
                self.shelf = self._staff.shelf
        except BaseException:
            await self.stop()
            raise
        return self._ready.description

    async def describe(self, service: str) -> Description:
        if self._ready is None:
            raise _absent(self._settings)
        return self._ready.description

    async def once(self, request: Request) -> Reply:
        if self._staff is None:
            raise _absent(self._settings)
        pool = self._staff.pool
        call = Once(request, pool.ended, self._loop.create_future(), self._limits.max_message)
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

    def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        if self._staff is None:
            raise _absent(self._settings)
        return worker_items(self._staff.pool, request)

    async def open(self, request: Request) -> Session:
        if self._staff is None:
            raise _absent(self._settings)
        return await self._staff.pool.lobby.open(request)

    async def check(self, change: Change) -> bool:
        settings = change.new
        if self._staff is None or self._ready is None or not isinstance(settings, ServiceSettings):
            return False
        if not self._staff.pool.workers or "athena_config_reload" not in self._ready.hooks:
            return False  # new ones are started on the new table, and that shows whether it fits
        head = encode_change(Tables(settings.config, settings.middleware_config), change.version)
        try:
            await self._staff.check(head, _CHECK)
        except asyncio.TimeoutError:
            text = f"services.{settings.name}: a worker did not answer athena_config_check within {_CHECK:g} s"
            raise PluginBroken(text) from None
        except ServiceError as error:
            text = f"services.{settings.name}: a worker was lost while it checked the new configuration"
            raise PluginBroken(text) from error
        return True

    async def reload(self, change: Change) -> None:
        settings = change.new
        if self._staff is not None and isinstance(settings, ServiceSettings):
            self._settings = settings
            head = encode_change(Tables(settings.config, settings.middleware_config), change.version)
            await self._staff.reload(settings, head)

    def health(self) -> Health:
        if self._over:
            return Health(False, "stopped")
        return self._staff.health() if self._staff is not None else Health(False, "starting", {"starting": 1})

    def workers(self) -> tuple[WorkerView, ...]:
        return () if self._staff is None else self._staff.workers()

    async def drain(self) -> None:
        if self._staff is not None:
            for worker in self._staff.pool.workers:
                worker.peer.outgoing.post(DRAIN, 0, b"")
            await self._staff.pool.drain()

    async def stop(self, grace: float | None = None) -> None:
        if not self._over:
            self._over = True
            self.shelf = None
            if self._staff is not None:
                await self._staff.stop(self._settings.grace, grace)
            self._changed()


async def probe(settings: ServiceSettings, limits: Limits, section: ProcessSection | None = None) -> Description:
    """Load a wrapper in a worker that only describes it: no athena_init, no GPU.

    Raises:
        PluginError, SettingsError, ServiceError: Why it would not come up.
    """
    worker = Worker(settings, limits, (), lambda one, unseen: None)
    try:
        sandbox = Sandbox(section or ProcessSection(), settings)
        start = Start(settings.name, _command(settings), settings.python, probe=True, sandbox=sandbox)
        return (await worker.start(start)).description
    finally:
        await worker.stop(1.0)


def _absent(settings: ServiceSettings) -> ServiceError:
    return ServiceError(Fault.UNAVAILABLE, f"{settings.name} is not running", retry_after=1.0)


def _command(settings: ServiceSettings) -> Sequence[str] | None:
    """The argv of a foreign worker: a program, or what a host gives for the suffix; None for the standard child."""
    reference = settings.wrapper
    suffix = Path(reference).suffix.removeprefix(".")
    if suffix == "py" or ":" in reference or not (suffix or "/" in reference):
        return None
    path = str(Path(settings.folder, reference).absolute())
    catalog = Catalog()
    command: tuple[str, ...] | None = None
    if is_program(reference, Path(settings.folder)) and suffix not in catalog.names("hosts"):
        command = (path,)
    elif suffix:
        command = _host(catalog, suffix, settings).command(path, settings)
    if command is not None and settings.middleware:
        text = f"services.{settings.name}.middleware: {command[0]} is not Python and runs no middleware; remove the key"
        raise PluginRefused(text)
    return command


def _host(catalog: Catalog, suffix: str, settings: ServiceSettings) -> Host:
    cls = catalog.load("hosts", suffix)
    host: Any = construct(f"hosts.{suffix}", cls, settings.config, ("config",))  # Any: its mro says what it is
    if Host not in type(host).__mro__:
        raise PluginRefused(f"hosts.{suffix}: {cls.__name__} does not inherit athena.interfaces.Host")
    made: Host = host
    return made
