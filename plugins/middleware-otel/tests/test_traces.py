"""One trace from the client to the wrapper in its worker, on every wire; the collector sees the parents right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

import athena
from athena.kernel import Kernel, start
from athena.models import Document, Part, Request, Stage

from .collector import Collector, Told, collecting

TRACE, CLIENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{CLIENT}-01"
WIRES = ("http", "grpc", "zmq")
SERVER, INTERNAL = 2, 1


@pytest.fixture
async def house() -> AsyncIterator[tuple[Kernel, Collector]]:
    with collecting() as collector:
        tables = f'[meters.otel]\nendpoint = "{collector.url}"\n[middleware.otel]\nendpoint = "{collector.url}"\n'
        tables += '[services.echo]\nwrapper = "echo"\nexecutor = "process"\nmiddleware = ["otel"]\n'
        tables += "".join(f"[transports.{wire}]\nport = 0\n" for wire in WIRES)
        async with start(Document(tables)) as kernel:
            yield kernel, collector


def url_of(kernel: Kernel, wire: str) -> str:
    return next(endpoint.url for endpoint in kernel.endpoints if endpoint.scheme == wire)


async def spans(collector: Collector, enough: int) -> list[Told]:
    return await asyncio.to_thread(collector.wait, lambda seen: len(seen) >= enough)


def chained(seen: list[Told], hook: str, wire: str) -> None:
    """Client, kernel and wrapper are parent, child and grandchild in one trace."""
    assert {span.trace for span in seen} == {TRACE}
    (kernel,) = (span for span in seen if span.kind == SERVER)
    (wrapper,) = (span for span in seen if span.name == hook)
    assert (kernel.parent, wrapper.parent, wrapper.kind) == (CLIENT, kernel.span, INTERNAL)
    assert (kernel.attributes["athena.transport"], kernel.attributes["athena.fault"]) == (wire, "OK")
    assert kernel.attributes["athena.sid"] == wrapper.attributes["athena.sid"]
    assert kernel.began <= wrapper.began <= wrapper.ended <= kernel.ended
    assert "process.pid" in wrapper.resource
    assert "process.pid" not in kernel.resource


@pytest.mark.parametrize("wire", WIRES)
async def test_a_call_is_one_trace(house: tuple[Kernel, Collector], wire: str) -> None:
    kernel, collector = house
    async with athena.Client(url_of(kernel, wire)) as client:
        await client.once("echo", Request("", parts=(Part("a", b"1"),), headers={"traceparent": PARENT}))
    chained(await spans(collector, 2), "athena_once_exec", wire)


@pytest.mark.parametrize("wire", WIRES)
async def test_a_session_is_one_trace(house: tuple[Kernel, Collector], wire: str) -> None:
    kernel, collector = house
    async with athena.Client(url_of(kernel, wire)) as client:
        session = await client.open("echo", Request("", headers={"traceparent": PARENT}))
        await session.write(Request("", parts=(Part("a", b"1", stage=Stage.END),)))
        while (await asyncio.wait_for(session.read(), 20)).stage is not Stage.END:
            pass
        await session.close()
    seen = await spans(collector, 3)  # echo has nothing to destroy
    chained(seen, "athena_session_create", wire)
    (server,) = (span for span in seen if span.kind == SERVER)
    hooks = {span.name: span.parent for span in seen if span is not server}
    assert hooks.keys() == {"athena_session_create", "athena_session_write"}
    assert set(hooks.values()) == {server.span}


@pytest.mark.parametrize("form", ["json", "raw", "events"])
async def test_the_header_alone_is_enough_over_http(house: tuple[Kernel, Collector], form: str) -> None:
    kernel, collector = house
    headers = {"traceparent": PARENT, "Content-Type": "application/json"}
    body = b'{"payload":{"a":{"text":"MQ=="}}}'
    if form == "raw":
        headers["Content-Type"], body = "application/octet-stream", b"1"
    if form == "events":
        headers["Accept"] = "text/event-stream"
    url = f"{url_of(kernel, 'http')}/v1/private/echo"
    async with aiohttp.ClientSession() as http, http.post(url, data=body, headers=headers) as response:
        assert response.status == 200, await response.text()
        await response.read()
    chained(await spans(collector, 2), "athena_once_exec", "http")


async def test_the_header_of_the_upgrade_is_the_sessions(house: tuple[Kernel, Collector]) -> None:
    kernel, collector = house
    url = f"{url_of(kernel, 'http')}/v1/private/echo"
    async with aiohttp.ClientSession() as http, http.ws_connect(url, headers={"traceparent": PARENT}) as socket:
        await socket.send_str('{"header":{"status":2},"payload":{"a":{"text":"MQ==","status":2}}}')
        async for _ in socket:
            pass
    chained(await spans(collector, 3), "athena_session_create", "http")


async def test_a_callers_word_not_to_sample_is_kept_to_the_wrapper(house: tuple[Kernel, Collector]) -> None:
    kernel, collector = house
    async with athena.Client(url_of(kernel, "grpc")) as client:
        await client.once("echo", Request("", headers={"traceparent": PARENT[:-2] + "00"}))
        await client.once("echo", Request("", headers={"traceparent": PARENT}))
    chained(await spans(collector, 2), "athena_once_exec", "grpc")
