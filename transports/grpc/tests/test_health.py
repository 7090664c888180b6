"""The standard health service: the truth, to anybody who asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from athena.models import Description, Health, ServiceSettings, ServiceView

if TYPE_CHECKING:
    from conftest import Serve, Served

Status = health_pb2.HealthCheckResponse


def view(ready: bool) -> ServiceView:
    return ServiceView("ocr", Description(), Health(ready), ServiceSettings("ocr"))


class Changing:
    """A dispatcher's services, as a test changes them."""

    def __init__(self, served: Served) -> None:
        self.views: dict[str, ServiceView] = {"ocr": view(True)}
        self.again = asyncio.Event()
        served.dispatcher.services = self.services  # type: ignore[method-assign]
        served.dispatcher.changes = self.changes  # type: ignore[method-assign]

    def services(self) -> Mapping[str, ServiceView]:
        return dict(self.views)

    async def changes(self) -> AsyncIterator[Mapping[str, ServiceView]]:
        while True:
            self.again.clear()
            yield self.services()
            await self.again.wait()

    def become(self, **ready: bool) -> None:
        self.views = {name: view(state) for name, state in ready.items()}
        self.again.set()


async def check(stub: Any, service: str) -> int:
    return (await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)).status


async def until(stub: Any, service: str, status: int) -> None:
    for _ in range(200):
        if await check(stub, service) == status:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{service!r} never became {status}")


async def test_it_follows_the_services(serve: Serve) -> None:
    served = await serve(accept=False)
    changing = Changing(served)
    await served.server.accept()
    async with grpc.aio.insecure_channel(served.target) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", "ocr", "athena.v1.Inference"):
            assert await check(stub, name) == Status.SERVING
        changing.become(ocr=False, asr=True)
        await until(stub, "ocr", Status.NOT_SERVING)
        assert await check(stub, "asr") == Status.SERVING
        assert await check(stub, "") == Status.NOT_SERVING
        changing.become(asr=True)
        await until(stub, "", Status.SERVING)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await check(stub, "ocr")
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
        listed = await stub.List(health_pb2.HealthListRequest(), timeout=5)
        assert set(listed.statuses) == {"", "asr", "athena.v1.Inference"}


async def test_who_watches_hears_of_each_change_and_of_the_drain(serve: Serve) -> None:
    served = await serve(accept=False)
    changing = Changing(served)
    await served.server.accept()
    async with grpc.aio.insecure_channel(served.target) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        known = stub.Watch(health_pb2.HealthCheckRequest(service="ocr"))
        unknown = stub.Watch(health_pb2.HealthCheckRequest(service="asr"))
        assert (await known.read()).status == Status.SERVING
        assert (await unknown.read()).status == Status.SERVICE_UNKNOWN
        changing.become(ocr=False, asr=True)
        assert (await known.read()).status == Status.NOT_SERVING
        assert (await unknown.read()).status == Status.SERVING
        await served.server.drain()
        assert (await unknown.read()).status == Status.NOT_SERVING
        # They are let go: a watcher that stays would keep the server from ending.
        assert await known.read() is grpc.aio.EOF
        assert await unknown.read() is grpc.aio.EOF
        await asyncio.wait_for(served.server.stop(30.0), 5)


async def test_nobody_is_asked_who_he_is(served: Served, bare: grpc.aio.Channel) -> None:
    await check(health_pb2_grpc.HealthStub(bare), "")
    assert served.dispatcher.attempts == []
