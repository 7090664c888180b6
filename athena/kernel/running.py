"""What runs in one kernel: components, services and transports, started in order and stopped in reverse."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from athena.dispatcher import Door, Sessions, Switchboard
from athena.errors import PluginError, Problem, ServiceError, SettingsError
from athena.executors.thread import ThreadExecutor
from athena.interfaces import (
    Allocator,
    Balancer,
    Component,
    Executor,
    ExecutorFactory,
    Guard,
    Meter,
    Quota,
    Registry,
    Tracer,
    Transport,
)
from athena.models import Endpoint, Instance, ServiceSettings
from athena.plugins import Catalog
from athena.service import Service
from athena.settings import Settings, locate
from athena.settings.problems import ordered, refusal

from .exposure import exposed_endpoints
from .parts import Parts

__all__ = ["Running", "quietly"]

log = logging.getLogger("athena.kernel")
T = TypeVar("T")

COMPONENTS: tuple[type[Component], ...] = (Tracer, Meter, Guard, Quota, Allocator, Registry, Balancer, ExecutorFactory)
"""Started in this order, before the services; stopped in reverse, after them. The source is started first of all."""
TRANSPORT_GRACE = 1.0
"""Seconds a transport has for its last replies when everything accepted has been answered."""


class Running:
    """One kernel's insides.

    Attributes:
        board: The switchboard behind every door.
        sessions: The table of sessions.
        parts: The plugins.
        settings: What is running.
        endpoints: The bound addresses, with real ports.
    """

    def __init__(self, settings: Settings, wrappers: Mapping[str, object], catalog: Catalog) -> None:
        """Make the plugins; nothing is started.

        Raises:
            SettingsError: A plugin was refused.
        """
        self.board = Switchboard(settings.kernel.limits)
        self.sessions = Sessions(self.board)
        self.endpoints: tuple[Endpoint, ...] = ()
        self.settings = settings
        self._wrappers = wrappers
        self._catalog = catalog
        self._started: list[Component] = []
        self._transports: list[Transport] = []
        self.parts = _placed(settings, lambda: Parts(settings, catalog, self.door, self.board.metrics))

    def door(self, name: str) -> Door:
        """The dispatcher of whoever has that name in metrics and accounts."""
        return Door(self.board, self.sessions, name)

    async def start(self) -> None:
        """Everything, in order.

        Raises:
            SettingsError: Something refused; every problem says where.
            OSError: An address cannot be bound.
        """
        _placed(self.settings, self.parts.begin)
        for protocol in COMPONENTS:
            for component in self.parts.all(protocol):
                if any(component is started for started in self._started):
                    continue  # one object in two roles
                await component.start()
                self._started.append(component)
        self.board.observe(access=self.settings.log.access, tracers=self.parts.all(Tracer))
        self.board.guards.extend(self.parts.all(Guard))
        self.board.quotas.extend(self.parts.all(Quota))
        self.board.meters.extend(self.parts.all(Meter))
        self.sessions.start()
        await self._start_services()
        await self._start_transports()

    async def drain(self) -> None:
        """Take no new work and tell everybody; what was accepted goes on."""
        self.board.draining = True
        self.board.views.changed()
        for registry in self.parts.all(Registry):
            await quietly(registry.withdraw())
        await asyncio.gather(*(quietly(transport.drain()) for transport in self._transports))

    async def idle(self) -> None:
        """Returns when nothing that was accepted is left."""
        await self.board.in_flight.idle()
        await self.sessions.idle()

    async def stop(self) -> None:
        """Stop what was started, in reverse; nothing that fails keeps the rest from stopping."""
        await quietly(self.sessions.stop())
        await asyncio.gather(*(quietly(transport.stop(TRANSPORT_GRACE)) for transport in self._transports))
        await asyncio.gather(*(quietly(service.executor.stop()) for service in self.board.services.values()))
        for component in reversed(self._started):
            await quietly(component.stop())
        self.parts.end()

    async def _start_services(self) -> None:
        """All at once: a slow model does not hold up the others; every refusal is told, not only the first."""
        board = self.board
        for settings in self.settings.services.values():
            if settings.batch is not None:
                text = "services.%s.batch: each call goes to athena_batch_exec alone; none are gathered"
                log.warning(text, settings.name)
            executor = self._executor(settings)
            board.services[settings.name] = Service(settings, executor, board.clock, board.views.changed)
        services = list(board.services.values())
        outcomes = await asyncio.gather(*(service.start() for service in services), return_exceptions=True)
        problems: list[Problem] = []
        for service, outcome in zip(services, outcomes, strict=True):
            name = service.settings.name
            if isinstance(outcome, SettingsError):
                problems += locate(self.settings, outcome.problems, ("services", name))
            elif isinstance(outcome, PluginError):
                problems += locate(self.settings, [refusal(outcome)], ("services", name))
            elif isinstance(outcome, ServiceError):
                log.error("%s is not ready: %s", name, outcome)
            elif outcome is not None:
                raise outcome
        if problems:
            raise SettingsError(ordered(problems))

    def _executor(self, settings: ServiceSettings) -> Executor:
        limits, changed = self.settings.kernel.limits, self.board.views.changed
        if settings.name in self._wrappers:
            return ThreadExecutor(settings, limits, changed, self._wrappers[settings.name], self._catalog)
        factory = self.parts.find(ExecutorFactory, settings.executor)
        context = self.parts.contexts[f"executors.{settings.executor}"]
        return factory.create(settings, self.settings.executors.get(settings.name), context, changed)

    async def _start_transports(self) -> None:
        endpoints: list[Endpoint] = []
        guarded = bool(self.board.guards) or self.settings.kernel.unguarded
        for registered, transport in self.parts.named(Transport):
            bound = await transport.start()
            self._transports.append(transport)
            if not guarded:
                refused = list(exposed_endpoints(registered, bound))
                if refused:
                    raise SettingsError(locate(self.settings, refused))
            endpoints += bound
        self.endpoints = tuple(endpoints)
        for transport in self._transports:
            await transport.accept()
        # Announce last: a client that finds us must find us ready.
        for registry in self.parts.all(Registry):
            for name in self.settings.services:
                await registry.announce(Instance(f"{self.settings.kernel.name}-{uuid.uuid4()}", name, self.endpoints))


async def quietly(what: Awaitable[object]) -> None:
    """Await a step of stopping; a failure is logged and the stop goes on."""
    try:
        await what
    except (Exception, asyncio.CancelledError):
        log.exception("a step of stopping failed; the stop goes on")


def _placed(settings: Settings, action: Callable[[], T]) -> T:
    """Run; a plugin's refusal comes out with the file and line that named it."""
    try:
        return action()
    except PluginError as error:
        group, _, name = error.plugin.partition(".")
        raise SettingsError(locate(settings, [Problem((group, name), str(error))])) from error
