"""grpc.health.v1, told by the dispatcher: one status per service, and one for the whole server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import grpc
from grpc_health.v1 import health_pb2

from athena.interfaces import Dispatcher
from athena.models import ServiceView

__all__ = ["NAME", "Health"]

NAME = "grpc.health.v1.Health"
_INFERENCE = "athena.v1.Inference"

_Status = health_pb2.HealthCheckResponse


class Health:
    """Answers ``Check``, ``Watch`` and ``List``; who asks for health is not asked who he is."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._statuses: dict[str, int] = {"": _Status.NOT_SERVING}
        self._changed = asyncio.Event()
        self._draining = False
        self._task: asyncio.Task[None] | None = None

    def handler(self) -> grpc.GenericRpcHandler:
        """What serves the three methods."""
        asked = health_pb2.HealthCheckRequest.FromString
        said = _Status.SerializeToString
        return grpc.method_handlers_generic_handler(
            NAME,
            {
                "Check": grpc.unary_unary_rpc_method_handler(self._check, asked, said),
                "Watch": grpc.unary_stream_rpc_method_handler(self._watch, asked, said),
                "List": grpc.unary_unary_rpc_method_handler(
                    self._list,
                    health_pb2.HealthListRequest.FromString,
                    health_pb2.HealthListResponse.SerializeToString,
                ),
            },
        )

    def start(self) -> None:
        """Follow the dispatcher."""
        self._set(self._dispatcher.services())
        self._task = asyncio.get_running_loop().create_task(self._follow(), name="athena-grpc-health")

    def drain(self) -> None:
        """NOT_SERVING from now on; who watches is told and let go, so that the server can end."""
        self._draining = True
        self._publish(dict.fromkeys(self._statuses, _Status.NOT_SERVING))

    def stop(self) -> None:
        """Follow no longer."""
        if self._task is not None:
            self._task.cancel()

    async def _follow(self) -> None:
        async for views in self._dispatcher.changes():
            if self._draining:
                return
            self._set(views)

    def _set(self, views: Mapping[str, ServiceView]) -> None:
        ready = all(view.health.ready for view in views.values())
        whole = _Status.SERVING if ready else _Status.NOT_SERVING
        each = {name: _Status.SERVING if view.health.ready else _Status.NOT_SERVING for name, view in views.items()}
        self._publish({**each, "": whole, _INFERENCE: whole})

    def _publish(self, statuses: dict[str, int]) -> None:
        self._statuses = statuses
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _check(self, request: Any, wire: Any) -> Any:  # Any: untyped messages
        status = self._statuses.get(request.service)
        if status is None:
            await wire.abort(grpc.StatusCode.NOT_FOUND, f"no service {request.service!r}")
        return _Status(status=status)

    async def _watch(self, request: Any, wire: Any) -> AsyncIterator[Any]:  # Any: untyped messages
        told: int | None = None
        while True:
            changed = self._changed
            status = self._statuses.get(request.service, _Status.SERVICE_UNKNOWN)
            if status != told:
                told = status
                yield _Status(status=status)
            if self._draining:
                return
            await changed.wait()

    async def _list(self, request: Any, wire: Any) -> Any:  # Any: untyped messages
        statuses = {name: _Status(status=status) for name, status in self._statuses.items()}
        return health_pb2.HealthListResponse(statuses=statuses)
