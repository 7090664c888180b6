"""Snapshots of the services: made anew after a change, and handed to whoever watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType

from athena.models import ServiceView
from athena.service import Service

__all__ = ["Views"]


class Views:
    """The latest snapshot of all services."""

    def __init__(self, services: Mapping[str, Service]) -> None:
        """Args:
        services: The switchboard's own table; what is put into it later is seen after ``changed``.
        """
        self._services = services
        self._latest: Mapping[str, ServiceView] | None = None
        self._watchers: set[asyncio.Event] = set()

    def changed(self) -> None:
        """Services, descriptions or health changed: whoever watches gets a new snapshot."""
        self._latest = None
        for watcher in self._watchers:
            watcher.set()

    def latest(self) -> Mapping[str, ServiceView]:
        """An immutable snapshot."""
        if self._latest is None:
            self._latest = MappingProxyType({name: service.view() for name, service in self._services.items()})
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
