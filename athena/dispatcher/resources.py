"""Personalised resources at the door: who may load, unload and see those of a service."""

from __future__ import annotations

import logging

from athena.errors import Fault, ServiceError
from athena.models import Principal, Resource, ResourceView
from athena.service import Resources

from .switchboard import Switchboard

__all__ = ["ResourceDesk"]

log = logging.getLogger("athena.resources")


class ResourceDesk:
    """A door's part that has to do with them; see :class:`athena.interfaces.Dispatcher`."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board

    async def load(self, service: str, resource: Resource, principal: Principal) -> None:
        """Have a service take one."""
        size, limit = sum(len(part.data) for part in resource.parts), self._board.limits.max_message
        if size > limit:
            raise ServiceError(Fault.TOO_LARGE, f"the resource has {size} bytes; at most {limit} are taken")
        if not resource.parts:
            raise ServiceError(Fault.BAD_REQUEST, f"resource {resource.id!r} has no parts")
        try:
            await self._of(service, principal).load(resource)
        except ServiceError:
            raise
        except Exception as error:
            raise self._board.fault_of(error) from error
        log.info("%s: %s has loaded resource %s, %d bytes", service, principal.id or "somebody", resource.id, size)

    async def unload(self, service: str, resource_id: str, principal: Principal) -> None:
        """Have it forget one."""
        await self._of(service, principal).unload(resource_id)
        log.info("%s: %s has unloaded resource %s", service, principal.id or "somebody", resource_id)

    def resources(self, service: str, principal: Principal) -> tuple[ResourceView, ...]:
        """Those that it holds."""
        return self._of(service, principal).views()

    def _of(self, name: str, principal: Principal) -> Resources:
        """The resources of a service.

        Raises:
            ServiceError: UNAVAILABLE, NOT_FOUND, FORBIDDEN, UNSUPPORTED.
        """
        board = self._board
        if board.draining:
            raise ServiceError(Fault.UNAVAILABLE, "the server is shutting down; call another instance", retry_after=1.0)
        service = board.services.get(name) or board.services.get("*")
        if service is None or not name:
            there = ", ".join(sorted(board.services)) or "none"
            raise ServiceError(Fault.NOT_FOUND, f"no service {name!r}; the services are: {there}")
        board.permit(name, principal)
        facts = service.generations.current.facts
        if facts is not None and "resource" not in facts[0].operations:
            text = f"{name} takes no resources: its wrapper has no athena_resource_load"
            raise ServiceError(Fault.UNSUPPORTED, text)
        if service.executor.shelf is None:
            failure = service.generations.current.failure
            if failure or (facts is not None and not service.view().health.ready):
                raise ServiceError(Fault.UNAVAILABLE, f"{name} is not running", retry_after=1.0)
            text = f"{name} takes no resources here: its executor, {service.settings.executor}, passes none on"
            raise ServiceError(Fault.UNSUPPORTED, f"{text}; load them where the wrapper runs")
        return service.resources
