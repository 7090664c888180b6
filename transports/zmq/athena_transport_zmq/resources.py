"""Personalised resources: the operations that load, unload and list them, and the client's end of those."""

from __future__ import annotations

from typing import Protocol

from athena.interfaces import Dispatcher, Resources
from athena.models import Resource, ResourceView
from athena_proto import inference_pb2 as pb
from athena_proto.native import parse
from athena_proto.resources import (
    decode_listed,
    decode_resource,
    decode_unload,
    encode_listed,
    encode_resource,
    encode_unload,
)

from .calls import Act, Call
from .envelope import Operation
from .link import Link
from .wire import Buffer

__all__ = ["ResourceCalls", "ZmqResources"]


class ResourceCalls:
    """The server's end: one call each."""

    def __init__(self, dispatcher: Dispatcher, max_message: int) -> None:
        self._dispatcher = dispatcher
        self._max_message = max_message

    def acts(self) -> dict[int, tuple[str, Act]]:
        """What is done for each operation, and its name for guards."""
        return {
            Operation.LOAD_RESOURCE: ("resource", self.load),
            Operation.UNLOAD_RESOURCE: ("resource", self.unload),
            Operation.LIST_RESOURCES: ("resource", self.listed),
        }

    async def load(self, call: Call) -> None:
        """Have a service take one."""
        service, resource = decode_resource(call.data, call.segments, max_message=self._max_message)
        await self._dispatcher.load(service, resource, call.principal)
        call.peer.send(Operation.LOADED, call.number)

    async def unload(self, call: Call) -> None:
        """Have it forget one."""
        await self._dispatcher.unload(*decode_unload(call.data), call.principal)
        call.peer.send(Operation.UNLOADED, call.number)

    async def listed(self, call: Call) -> None:
        """Those that it holds."""
        service = parse(pb.ResourcesRequest, call.data).service
        found = self._dispatcher.resources(service, call.principal)
        call.peer.send(Operation.RESOURCE_LIST, call.number, encode_listed(found))


class Caller(Protocol):
    """What is asked of the channel."""

    @property
    def link(self) -> Link: ...

    @property
    def headers(self) -> bytes: ...


class ZmqResources(Resources):
    """The client's end."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def load(self, service: str, resource: Resource) -> None:
        segments: list[Buffer] = []
        data = encode_resource(service, resource, segments)
        caller = self._caller
        await caller.link.ask(Operation.LOAD_RESOURCE, caller.headers, data, segments, None)

    async def unload(self, service: str, resource_id: str) -> None:
        caller = self._caller
        asked = encode_unload(service, resource_id)
        await caller.link.ask(Operation.UNLOAD_RESOURCE, caller.headers, asked, (), None)

    async def listed(self, service: str) -> tuple[ResourceView, ...]:
        caller = self._caller
        asked = pb.ResourcesRequest(service=service).SerializeToString()
        _, data, _ = await caller.link.ask(Operation.LIST_RESOURCES, caller.headers, asked, (), None)
        return decode_listed(data)
