"""What runs in one kernel: components, services and transports, started in order and stopped in reverse."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from athena.dispatcher import Door, Sessions, Switchboard
from athena.errors import PluginError, Problem, SettingsError
from athena.interfaces import (
    Allocator,
    Balancer,
    Component,
    ExecutorFactory,
    Guard,
    Meter,
    Quota,
    Registry,
    Tracer,
    Transport,
)
from athena.models import Endpoint
from athena.plugins import Catalog
from athena.settings import Settings, locate

from .exposure import exposed_endpoints
from .parts import Parts
from .roster import Roster
from .stopping import quietly

__all__ = ["Running"]

T = TypeVar("T")

COMPONENTS: tuple[type[Component], ...] = (Tracer, Meter, Guard, Quota, Allocator, Registry, Balancer, ExecutorFactory)
"""Started in this order, before the services; stopped in reverse, after them. The source is started first of all."""


class Running:
    """One kernel's insides.

    Attributes:
        board: The switchboard behind every door.
        sessions: The table of sessions.
        parts: The plugins.
        roster: The services.
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
        self._started: list[Component] = []
        self._transports: list[Transport] = []
        self.parts = _placed(settings, lambda: Parts(settings, catalog, self.door, self.board.metrics))
        self.roster = Roster(self.board, self.parts, wrappers, catalog)

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
        await self.roster.start(self.settings)
        await self._start_transports()

    async def leave(self) -> None:
        """Say that we are ready no more, and let nobody new find us; whoever comes is served all the same."""
        self.board.views.leave("the server is shutting down")
        await asyncio.gather(*(quietly(registry.withdraw()) for registry in self.parts.all(Registry)))

    async def drain(self) -> None:
        """Take no new work and tell everybody; what was accepted goes on."""
        self.board.draining = True
        await asyncio.gather(*(quietly(transport.drain()) for transport in self._transports))

    def settle(self, settings: Settings) -> None:
        """Take what every room looks up in new settings; services and plugins are told by the reload itself."""
        self.settings = settings
        self.board.limits = settings.kernel.limits
        self.board.access = settings.log.access
        for context in self.parts.contexts.values():
            context.limits = settings.kernel.limits

    async def idle(self) -> None:
        """Returns when nothing that was accepted is left."""
        await self.board.in_flight.idle()
        await self.sessions.idle()

    async def stop(self, seconds: float) -> None:
        """Stop what was started, in reverse; nothing that fails or hangs keeps the rest from stopping.

        Args:
            seconds: For all of it together.
        """
        end = time.monotonic() + seconds

        def left(share: float) -> float:
            return max(0.05, (end - time.monotonic()) * share)

        # First those who wait for an answer: whoever is still executing is told, and so is who has a session.
        self.board.dismiss()
        await quietly(self.sessions.stop(), left(0.4))
        grace = left(0.3)
        await asyncio.gather(*(quietly(transport.stop(grace), left(0.5)) for transport in self._transports))
        await self.roster.stop(left(0.8))
        for component in reversed(self._started):
            await quietly(component.stop(left(0.5)), left(0.6))
        self.parts.end()

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
        await self.announce()

    async def announce(self) -> None:
        """Tell the registries which services there are now."""
        await self.roster.announce(self.settings.kernel.name, self.endpoints)


def _placed(settings: Settings, action: Callable[[], T]) -> T:
    """Run; a plugin's refusal comes out with the file and line that named it."""
    try:
        return action()
    except PluginError as error:
        group, _, name = error.plugin.partition(".")
        raise SettingsError(locate(settings, [Problem((group, name), str(error))])) from error
