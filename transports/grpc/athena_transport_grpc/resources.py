"""Personalised resources: the methods of Inference that load, unload and list them, and the client's end of those."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from athena.interfaces import Resources
from athena.models import Resource, ResourceView
from athena_proto import inference_pb2 as pb
from athena_proto.native import parse, refuse_large
from athena_proto.resources import (
    decode_listed,
    decode_resource,
    decode_unload,
    encode_listed,
    encode_resource,
    encode_unload,
)

from .entry import Call, Entry, method

__all__ = ["RESOURCES", "GrpcResources", "ResourceCalls"]

RESOURCES = ("LoadResource", "UnloadResource", "ListResources")


class ResourceCalls:
    """The server's end: one call each."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._dispatcher = entry.dispatcher

    def handlers(self) -> dict[str, grpc.RpcMethodHandler[Any, Any]]:  # Any: bytes in, bytes out
        """What serves each method."""
        guarded, unary = self._entry.guarded, grpc.unary_unary_rpc_method_handler
        acts = (self.load, self.unload, self.listed)
        return {name: unary(guarded("resource", method(name), act)) for name, act in zip(RESOURCES, acts, strict=True)}

    async def load(self, message: bytes, call: Call) -> bytes:
        """Have a service take one."""
        service, resource = decode_resource(message, max_message=self._entry.limits.max_message)
        await self._dispatcher.load(service, resource, call.principal)
        return pb.Loaded().SerializeToString()

    async def unload(self, message: bytes, call: Call) -> bytes:
        """Have it forget one."""
        await self._dispatcher.unload(*decode_unload(message), call.principal)
        return pb.Unloaded().SerializeToString()

    async def listed(self, message: bytes, call: Call) -> bytes:
        """Those that it holds."""
        service = parse(pb.ResourcesRequest, message).service
        return encode_listed(self._dispatcher.resources(service, call.principal))


class GrpcResources(Resources):
    """The client's end."""

    def __init__(self, unary: Callable[[str, bytes], Awaitable[bytes]], max_message: int) -> None:
        """Args:
        unary: The channel's way to make one call.
        max_message: Bytes of a message.
        """
        self._unary = unary
        self._max_message = max_message

    async def load(self, service: str, resource: Resource) -> None:
        data = encode_resource(service, resource)
        refuse_large(data, (), 2 * self._max_message)
        await self._unary("LoadResource", data)

    async def unload(self, service: str, resource_id: str) -> None:
        await self._unary("UnloadResource", encode_unload(service, resource_id))

    async def listed(self, service: str) -> tuple[ResourceView, ...]:
        asked = pb.ResourcesRequest(service=service).SerializeToString()
        return decode_listed(await self._unary("ListResources", asked))
