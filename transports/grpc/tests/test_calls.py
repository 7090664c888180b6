"""Once, stream, describe, services: as any gRPC client makes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING

import grpc
import pytest

from athena.models import Description, Health, Part, Principal, Reply, Request, ServiceSettings, ServiceView
from athena_proto import inference_pb2 as pb
from athena_transport_grpc.entry import method

if TYPE_CHECKING:
    from conftest import Serve, Served


def typed(channel: grpc.aio.Channel, name: str, answer: type) -> grpc.aio.UnaryUnaryMultiCallable:
    return channel.unary_unary(
        method(name),
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=answer.FromString,
    )


async def test_a_typed_client_gets_its_parts_back(served: Served, bare: grpc.aio.Channel) -> None:
    part = pb.Part(key="a", data=b"1", kind=pb.IMAGE, attributes={"w": "2"})
    reply = await typed(bare, "Once", pb.Reply)(pb.Request(service="standin", parts=[part]))
    only = reply.parts[0]
    assert (only.key, only.data, only.kind, only.stage, dict(only.attributes)) == (
        "a",
        b"1",
        pb.IMAGE,
        pb.ONCE,
        {"w": "2"},
    )


async def test_what_the_client_waits_is_the_deadline(serve: Serve) -> None:
    asked: list[float | None] = []

    from_dispatcher = await serve()

    async def once(request: Request) -> Reply:
        asked.append(request.remaining)
        return Reply()

    from_dispatcher.dispatcher.once = once  # type: ignore[method-assign]
    async with grpc.aio.insecure_channel(from_dispatcher.target) as channel:
        call = typed(channel, "Once", pb.Reply)
        await call(pb.Request(service="s"), timeout=7)
        await call(pb.Request(service="s", remaining_us=3_000_000), timeout=7)
        await call(pb.Request(service="s"))
    first, second, third = asked
    assert first is not None
    assert second is not None
    assert 5 < first < 8  # gRPC rounds
    assert 1 < second <= 3
    assert third is None


async def test_a_slow_reader_holds_the_wrapper_up(serve: Serve) -> None:
    made = 0

    async def stream(request: Request) -> AsyncGenerator[Reply, None]:
        nonlocal made
        while True:
            made += 1
            yield Reply((Part("a", bytes(100_000)),))

    served = await serve()
    served.dispatcher.stream = stream  # type: ignore[method-assign]
    async with grpc.aio.insecure_channel(served.target) as channel:
        call = channel.unary_stream(method("Stream"))(pb.Request(service="s").SerializeToString())
        await call.read()
        await asyncio.sleep(0.5)
        held = made
        await asyncio.sleep(0.3)
        assert made == held, "without back-pressure it would go on for ever"
        for _ in range(held + 5):
            await call.read()
        assert made > held
        call.cancel()


async def test_services_are_those_the_caller_may_use(serve: Serve) -> None:
    served = await serve()
    view = ServiceView("ocr", Description("1.0"), Health(False, "starting"), ServiceSettings("ocr"))
    views = {"ocr": view, "asr": view}

    def services() -> Mapping[str, ServiceView]:
        return views

    served.dispatcher.services = services  # type: ignore[method-assign]
    async with grpc.aio.insecure_channel(served.target) as channel:
        found = await typed(channel, "Services", pb.ServiceList)(pb.ServicesRequest())
        assert [(one.name, one.ready, one.reason) for one in found.services] == [
            ("asr", False, "starting"),
            ("ocr", False, "starting"),
        ]
        served.dispatcher.principal = Principal("ann", scopes=frozenset({"ocr"}))
        found = await typed(channel, "Services", pb.ServiceList)(pb.ServicesRequest())
        assert [one.name for one in found.services] == ["ocr"]
        assert (await typed(channel, "Describe", pb.Description)(pb.DescribeRequest(service="ocr"))).version == "1.0"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await typed(channel, "Describe", pb.Description)(pb.DescribeRequest(service="asr"))
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_message_that_grows_when_it_is_unpacked_is_too_large(serve: Serve) -> None:
    served = await serve(limit=1 << 20)
    bomb = pb.Request(service="s", parts=[pb.Part(data=bytes(16 << 20))]).SerializeToString()
    async with grpc.aio.insecure_channel(served.target) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(method("Once"))(bomb, compression=grpc.Compression.Gzip)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert served.dispatcher.attempts == []
