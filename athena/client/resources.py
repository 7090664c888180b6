"""A client's way to the personalised resources of services."""

from __future__ import annotations

from collections.abc import Callable

from athena.errors import Fault, ServiceError
from athena.interfaces import Channel, Resources
from athena.models import Resource, ResourceView

from .blocking import LoopThread

__all__ = ["BlockingResources", "ClientResources"]


class ClientResources(Resources):
    """Over whatever wire the client has."""

    def __init__(self, channel: Callable[[], Channel]) -> None:
        """Args:
        channel: The client's channel, once it is open.
        """
        self._channel = channel

    async def load(self, service: str, resource: Resource) -> None:
        """Have a service take one; it is in every worker when this returns, or in none.

        Raises:
            ServiceError: The fault, as the server said it.
        """
        await self._there().load(service, resource)

    async def unload(self, service: str, resource_id: str) -> None:
        """Have it forget one; returns when nobody uses it any more."""
        await self._there().unload(service, resource_id)

    async def listed(self, service: str) -> tuple[ResourceView, ...]:
        """Those that it holds, by id."""
        return await self._there().listed(service)

    def _there(self) -> Resources:
        found = self._channel().resources
        if found is None:
            raise ServiceError(Fault.UNSUPPORTED, "this wire carries no resources; use another one")
        return found


class BlockingResources:
    """The same for scripts: every call waits."""

    def __init__(self, resources: Resources, thread: LoopThread) -> None:
        self._resources = resources
        self._thread = thread

    def load(self, service: str, resource: Resource) -> None:
        """Have a service take one."""
        self._thread.run(self._resources.load(service, resource))

    def unload(self, service: str, resource_id: str) -> None:
        """Have it forget one."""
        self._thread.run(self._resources.unload(service, resource_id))

    def listed(self, service: str) -> tuple[ResourceView, ...]:
        """Those that it holds, by id."""
        return self._thread.run(self._resources.listed(service))
