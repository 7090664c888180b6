"""Loading, unloading and listing resources: as any gRPC client does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

from athena.errors import Fault, ServiceError
from athena.models import Part, Resource
from athena.testing.bounded import refused
from athena_proto import inference_pb2 as pb
from athena_transport_grpc.entry import method
from athena_transport_grpc.resources import GrpcResources

if TYPE_CHECKING:
    from conftest import Served


def typed(channel: grpc.aio.Channel, name: str, answer: type) -> grpc.aio.UnaryUnaryMultiCallable:
    return channel.unary_unary(
        method(name),
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=answer.FromString,
    )


async def test_a_typed_client_loads_lists_and_unloads(served: Served, bare: grpc.aio.Channel) -> None:
    part = pb.Part(key="a", data=b"1", kind=pb.IMAGE, attributes={"w": "2"})
    asked = pb.Resource(service="standin", id="one", parts=[part], attributes={"k": "v"})
    assert await typed(bare, "LoadResource", pb.Loaded)(asked) == pb.Loaded()
    found = served.dispatcher.loaded
    assert found is not None
    assert (found.id, found.attributes, found.parts[0].tobytes()) == ("one", {"k": "v"}, b"1")
    listed = await typed(bare, "ListResources", pb.ResourceList)(pb.ResourcesRequest(service="standin"))
    assert len(listed.resources) == 0
    assert await typed(bare, "UnloadResource", pb.Unloaded)(pb.UnloadRequest(service="standin", id="one")) is not None


async def test_nonsense_is_refused_and_reaches_nobody(served: Served, bare: grpc.aio.Channel) -> None:
    for name in ("LoadResource", "UnloadResource", "ListResources"):
        call = bare.unary_unary(method(name))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"\xff\xff\xff")
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert served.dispatcher.loaded is None


async def test_what_is_larger_than_the_wire_takes_is_not_sent() -> None:
    async def unary(name: str, data: bytes) -> bytes:
        raise AssertionError("it was sent")

    large = Resource("a", (Part("x", bytes(201)),))
    await refused(GrpcResources(unary, 100).load("s", large), Fault.TOO_LARGE)


async def test_a_fault_comes_out_of_the_channels_end() -> None:
    async def unary(name: str, data: bytes) -> bytes:
        raise ServiceError(Fault.NOT_FOUND, name)

    own = GrpcResources(unary, 100)
    assert "UnloadResource" in (await refused(own.unload("s", "a"), Fault.NOT_FOUND)).message
    assert "ListResources" in (await refused(own.listed("s"), Fault.NOT_FOUND)).message
