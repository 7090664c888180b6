"""Snapshots of the services: made anew after a change, and handed to whoever watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType

from attrs import evolve

from athena.models import ServiceView
from athena.service import Service

__all__ = ["Views"]


class Views:
    """The latest snapshot of all services.

    Attributes:
        leaving: Why nothing is ready any more; "" while that is for each service to say.
    """

    def __init__(self, services: Mapping[str, Service]) -> None:
        """Args:
        services: The switchboard's own table; what is put into it later is seen after ``changed``.
        """
        self._services = services
        self._latest: Mapping[str, ServiceView] | None = None
        self._watchers: set[asyncio.Event] = set()
        self.leaving = ""

    def changed(self) -> None:
        """Services, descriptions or health changed: whoever watches gets a new snapshot."""
        self._latest = None
        for watcher in self._watchers:
            watcher.set()

    def leave(self, reason: str) -> None:
        """From now on nothing is ready, although calls are still taken: who balances is to go elsewhere."""
        self.leaving = reason
        self.changed()

    def latest(self) -> Mapping[str, ServiceView]:
        """An immutable snapshot."""
        if self._latest is None:
            views = {name: service.view() for name, service in self._services.items()}
            if self.leaving:
                views = {name: _unready(view, self.leaving) for name, view in views.items()}
            self._latest = MappingProxyType(views)
        return self._latest

    async def watch(self) -> AsyncIterator[Mapping[str, ServiceView]]:
        """A snapshot now, and one after every change; changes in between are skipped, the last one is not."""
        changed = asyncio.Event()
        changed.set()
        self._watchers.add(changed)
        try:
            while True:
                await changed.wait()
                changed.clear()
                yield self.latest()
        finally:
            self._watchers.discard(changed)


def _unready(view: ServiceView, reason: str) -> ServiceView:
    return evolve(view, health=evolve(view.health, ready=False, reason=reason))
