"""A running kernel: what was started, in which order, and how it stops."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from athena.dispatcher import Door, Sessions, Switchboard
from athena.errors import PluginError, ServiceError, SettingsError
from athena.executors.thread import ThreadExecutor
from athena.interfaces import (
    Allocator,
    Balancer,
    Component,
    ConfigSource,
    Executor,
    ExecutorFactory,
    Guard,
    Meter,
    Quota,
    Registry,
    Session,
    Transport,
)  # fmt: skip
from athena.models import Document, Endpoint, Instance, Reply, Request, ServiceSettings, ServiceView
from athena.plugins import Catalog
from athena.service import Service
from athena.settings import Problem, Settings, locate, plugins_of
from athena.settings import read as read_settings

from .parts import Parts
from .reload import Reload

if TYPE_CHECKING:
    from athena.interfaces import Dispatcher

__all__ = ["Kernel"]

log = logging.getLogger("athena.kernel")
T = TypeVar("T")

COMPONENTS: tuple[type[Component], ...] = (Meter, Guard, Quota, Allocator, Registry, Balancer, ExecutorFactory)
"""Started in this order, before the services; stopped in reverse, after them. The source is started first of all."""


class Kernel:
    """Services, transports and everything between them, running.

    Attributes:
        endpoints: The bound addresses, with real ports.
        dispatcher: The door of whoever embeds the kernel.
        settings: What is running.
    """

    def __init__(self, source: ConfigSource, wrappers: Mapping[str, object], catalog: Catalog) -> None:
        self.endpoints: tuple[Endpoint, ...] = ()
        self._source = source
        self._wrappers = dict(wrappers)
        self._catalog = catalog
        self._started: list[Component] = []
        self._transports: list[Transport] = []
        self._stopping: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()
        self._reloading = asyncio.Lock()

    async def start(self) -> None:
        """Everything, in order; what was started is stopped again when something refuses.

        Raises:
            SettingsError: The configuration, or a plugin, was refused; every problem says where.
            OSError: An address cannot be bound.
        """
        try:
            await self._source.start()
            self.settings = self.read(await self._source.read())
            self._board = Switchboard(self.settings.kernel.limits)
            self._sessions = Sessions(self._board)
            self.dispatcher: Dispatcher = self._door("kernel")
            self._parts = self._placed(self.settings, lambda: Parts(self.settings, self._catalog, self._door))
            self._placed(self.settings, self._parts.begin)
            await self._start_components()
            await self._start_services()
            await self._start_transports()
        except BaseException:
            await self._undo()
            raise

    def read(self, document: Document) -> Settings:
        """Settle a document as this kernel would run it."""
        plugins = plugins_of(document)
        self._catalog = self._catalog.limited(plugins.allow, plugins.block)
        settings = read_settings(document, self._catalog.load, wrappers=tuple(self._wrappers))
        folder = str(Path(document.origin).resolve().parent)
        tables = {name: table for (group, name), table in settings.sections.items() if group == "middleware"}
        services = {
            name: attrs.evolve(service, folder=folder, middleware_config=_chosen(tables, service.middleware))
            for name, service in settings.services.items()
        }
        return attrs.evolve(settings, services=services)

    async def once(self, service: str, request: Request) -> Reply:
        """One request, one reply; see :meth:`athena.interfaces.Dispatcher.once`."""
        return await self.dispatcher.once(attrs.evolve(request, service=service))

    def stream(self, service: str, request: Request) -> AsyncGenerator[Reply, None]:
        """One request, many replies."""
        return self.dispatcher.stream(attrs.evolve(request, service=service))

    async def open(self, service: str, request: Request | None = None, *, detached: bool = False) -> Session:
        """Begin a session."""
        opening = Request(service) if request is None else attrs.evolve(request, service=service)
        return await self.dispatcher.open(opening, detached=detached)

    def services(self) -> Mapping[str, ServiceView]:
        """A snapshot of the services and their health."""
        return self._board.views()

    async def reload(self, document: Document | None = None) -> None:
        """Take a new configuration, whole or not at all.

        Args:
            document: The new one; None reads the source again.

        Raises:
            SettingsError: It was refused; what ran before runs on unchanged.
        """
        async with self._reloading:
            document = await self._source.read() if document is None else document
            try:
                settings = self.read(document)
                change = Reload(self.settings, settings, document.version)
                await change.check(self._board, self._parts)
            except SettingsError as error:
                await self._source.feedback(document.version, False, str(error))
                raise
            await change.apply(self._board, self._parts)
            self.settings = settings
            await self._source.feedback(document.version, True, "")

    async def wait(self) -> None:
        """Returns when the kernel has stopped."""
        await self._stopped.wait()

    async def stop(self, timeout: float | None = None) -> None:
        """Drain, then stop: accepted work is finished within ``timeout`` seconds (default: ``drain_timeout``)."""
        if self._stopping is None:
            drain = self.settings.kernel.drain_timeout if timeout is None else timeout
            self._stopping = asyncio.get_running_loop().create_task(self._stop(drain), name="athena-stop")
        await asyncio.shield(self._stopping)

    def _door(self, name: str) -> Door:
        return Door(self._board, self._sessions, name)

    def _placed(self, settings: Settings, action: Callable[[], T]) -> T:
        """Run; a plugin's refusal comes out with the file and line that named it."""
        try:
            return action()
        except PluginError as error:
            group, _, name = error.plugin.partition(".")
            raise SettingsError(locate(settings, [Problem((group, name), str(error))])) from error

    async def _start_components(self) -> None:
        board, parts = self._board, self._parts
        for protocol in COMPONENTS:
            for component in parts.all(protocol):
                await component.start()
                self._started.append(component)
        board.guards.extend(parts.all(Guard))
        board.quotas.extend(parts.all(Quota))
        board.meters.extend(parts.all(Meter))
        self._sessions.start()

    async def _start_services(self) -> None:
        """All at once: a slow model does not hold up the others; every refusal is told, not only the first."""
        for settings in self.settings.services.values():
            executor = self._executor(settings)
            self._board.services[settings.name] = Service(settings, executor, self._board.clock, self._board.changed)
        services = list(self._board.services.values())
        outcomes = await asyncio.gather(*(service.start() for service in services), return_exceptions=True)
        problems: list[Problem] = []
        for service, outcome in zip(services, outcomes, strict=True):
            name = service.settings.name
            if isinstance(outcome, SettingsError):
                problems += locate(self.settings, outcome.problems, ("services", name))
            elif isinstance(outcome, PluginError):
                problems += locate(self.settings, [Problem(("services", name, "wrapper"), str(outcome))])
            elif isinstance(outcome, ServiceError):
                log.error("%s is not ready: %s", name, outcome)
            elif outcome is not None:
                raise outcome
        if problems:
            raise SettingsError(problems)

    def _executor(self, settings: ServiceSettings) -> Executor:
        if settings.name in self._wrappers:
            wrapper = self._wrappers[settings.name]
            return ThreadExecutor(settings, self.settings.kernel.limits, self._board.changed, wrapper)
        factory = self._parts.find(ExecutorFactory, settings.executor)
        context = self._parts.contexts[f"executors.{settings.executor}"]
        return factory.create(settings, self.settings.executors.get(settings.name), context, self._board.changed)

    async def _start_transports(self) -> None:
        endpoints: list[Endpoint] = []
        for registered, transport in self._parts.named(Transport):
            bound = await transport.start()
            self._transports.append(transport)
            self._refuse_strangers(registered, bound)
            endpoints += bound
        self.endpoints = tuple(endpoints)
        for transport in self._transports:
            await transport.accept()
        # Announce last: a client that finds us must find us ready.
        for registry in self._parts.all(Registry):
            for name in self.settings.services:
                await registry.announce(Instance(f"{self.settings.kernel.name}-{uuid.uuid4()}", name, self.endpoints))

    def _refuse_strangers(self, registered: str, endpoints: tuple[Endpoint, ...]) -> None:
        """Another address than loopback needs a guard, or an explicit word in the toml."""
        if self._board.guards or self.settings.kernel.unguarded:
            return
        for endpoint in endpoints:
            if endpoint.host and not _is_loopback(endpoint.host):
                group, _, name = registered.partition(".")
                text = (
                    f"{endpoint.url} can be reached from other machines and no guard is configured; "
                    "add a [guards.<name>], bind to 127.0.0.1, or set kernel.unguarded = true"
                )
                raise SettingsError(locate(self.settings, [Problem((group, name), text)]))

    async def _stop(self, drain: float) -> None:
        board = self._board
        board.draining = True
        board.changed()
        for registry in self._parts.all(Registry):
            await _quietly(registry.withdraw())
        await asyncio.gather(*(_quietly(transport.drain()) for transport in self._transports))
        try:
            await asyncio.wait_for(self._quiet(), drain)
        except asyncio.TimeoutError:
            log.warning("%d calls and %d sessions did not end in %g s", board.in_flight, self._sessions.count, drain)
        await self._undo()
        self._stopped.set()

    async def _quiet(self) -> None:
        await self._board.idle()
        await self._sessions.idle()

    async def _undo(self) -> None:
        """Stop what was started, in reverse; nothing that fails keeps the rest from stopping."""
        if hasattr(self, "_sessions"):
            await _quietly(self._sessions.stop())
        await asyncio.gather(*(_quietly(transport.stop(1.0)) for transport in self._transports))
        if hasattr(self, "_board"):
            await asyncio.gather(*(_quietly(service.executor.stop()) for service in self._board.services.values()))
        for component in reversed(self._started):
            await _quietly(component.stop())
        if hasattr(self, "_parts"):
            self._parts.end()
        await _quietly(self._source.stop())


def _chosen(tables: Mapping[str, object], names: tuple[str, ...]) -> dict[str, Mapping[str, Any]]:
    """The middleware tables of those names; Any: settled where the wrapper lives."""
    chosen = {name: tables.get(name) for name in names}
    return {name: table if isinstance(table, Mapping) else {} for name, table in chosen.items()}


async def _quietly(what: Awaitable[object]) -> None:
    """Await a step of stopping; a failure is logged and the stop goes on."""
    try:
        await what
    except (Exception, asyncio.CancelledError):
        log.exception("a step of stopping failed; the stop goes on")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
