"""Reflection: a client is made from the server's address alone, and is asked who it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from athena.errors import Fault, ServiceError
from athena.models import Attempt, Principal

if TYPE_CHECKING:
    from conftest import Served


def call_once(target: str) -> tuple[list[str], bytes]:
    """What a stranger does, with nothing but the address: in a thread, since this client blocks."""
    with grpc.insecure_channel(target) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        services = list(database.get_services())
        pool = descriptor_pool.DescriptorPool(database)
        once = pool.FindServiceByName("athena.v1.Inference").methods_by_name["Once"]
        asked = message_factory.GetMessageClass(once.input_type)
        answered = message_factory.GetMessageClass(once.output_type)
        call = channel.unary_unary(
            "/athena.v1.Inference/Once",
            request_serializer=asked.SerializeToString,
            response_deserializer=answered.FromString,
        )
        request = asked(service="standin")
        request.parts.add(key="a", data=b"1")
        return services, call(request, timeout=5).parts[0].data


async def test_a_client_is_made_from_nothing_but_the_address(served: Served) -> None:
    services, data = await asyncio.to_thread(call_once, served.target)
    assert set(services) == {
        "athena.v1.Inference",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        "inference.GRPCInferenceService",
        "utils.XsfCall",
    }
    assert data == b"1"
    operations = [attempt.operation for attempt in served.dispatcher.attempts]
    assert operations.count("once") == 1
    assert operations.count("reflection") >= 1


@pytest.mark.parametrize("package", ["grpc.reflection.v1", "grpc.reflection.v1alpha"])
async def test_both_versions_answer_and_ask_once(served: Served, bare: grpc.aio.Channel, package: str) -> None:
    call = bare.stream_stream(
        f"/{package}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )()
    for _ in range(3):
        await call.write(reflection_pb2.ServerReflectionRequest(file_containing_symbol="athena.v1.Request"))
        (raw,) = (await call.read()).file_descriptor_response.file_descriptor_proto
        assert descriptor_pb2.FileDescriptorProto.FromString(raw).package == "athena.v1"
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF
    assert len(served.dispatcher.attempts) == 1


async def test_who_is_refused_learns_nothing(served: Served, bare: grpc.aio.Channel) -> None:
    async def refuse(attempt: Attempt) -> Principal:
        raise ServiceError(Fault.UNAUTHENTICATED, "no key")

    served.dispatcher.authenticate = refuse  # type: ignore[method-assign]
    call = bare.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
    )()

    async def ask() -> None:  # the write is what fails where the refusal was there before it
        await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        await call.read()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask()
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
