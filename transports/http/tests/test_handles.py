"""Sessions from the client's side, against servers that end them in every way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from athena.errors import Fault, ServiceError
from athena.models import ChannelOptions, Kind, Part, Request, Stage
from athena_transport_http.channel import HttpChannel

from .conftest import There

HELLO = '{"header":{"code":0,"sid":"s1","status":0}}'
Act = Callable[[web.WebSocketResponse], Awaitable[object]]


@asynccontextmanager
async def serving(act: Act) -> AsyncIterator[HttpChannel]:
    """A channel to a server that says hello on a WebSocket, and then acts."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        wire = web.WebSocketResponse()
        await wire.prepare(request)
        await wire.receive()
        await wire.send_str(HELLO)
        await act(wire)
        return wire

    runner = web.ServerRunner(web.Server(handle), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    channel = HttpChannel(f"http://127.0.0.1:{runner.addresses[0][1]}", ChannelOptions())
    await channel.start()
    try:
        yield channel
    finally:
        await channel.stop()
        await runner.cleanup()


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (1009, Fault.TOO_LARGE),
        (1012, Fault.UNAVAILABLE),
        (4401, Fault.UNAUTHENTICATED),
        (4502, Fault.WORKER_LOST),
        (1000, Fault.WORKER_LOST),
        (1007, Fault.BAD_REQUEST),
        (3999, Fault.WORKER_LOST),
    ],
)
async def test_a_close_without_an_error_frame_still_has_a_meaning(code: int, fault: Fault) -> None:
    async with serving(lambda wire: wire.close(code=code)) as channel:
        session = await channel.open(Request("talk"))
        assert session.sid == "s1"
        with pytest.raises(ServiceError) as caught:
            await asyncio.wait_for(session.read(), 5)
        assert caught.value.fault is fault
        with pytest.raises(ServiceError) as caught:
            await session.read()
        assert caught.value.fault is Fault.SESSION_CLOSED


async def test_a_frame_that_is_no_ase_json_ends_the_session() -> None:
    async def nonsense(wire: web.WebSocketResponse) -> None:
        await wire.send_str("{")
        await wire.receive()

    async with serving(nonsense) as channel:
        session = await channel.open(Request("talk"))
        with pytest.raises(ServiceError) as caught:
            await asyncio.wait_for(session.read(), 5)
        assert caught.value.fault is Fault.BAD_REQUEST


async def test_the_notice_of_draining_is_no_reply(there: There) -> None:
    async def notice(wire: web.WebSocketResponse) -> None:
        await wire.send_str('{"header":{"code":0,"status":1,"attributes":{"event":"draining"}}}')
        await wire.send_str('{"header":{"code":0,"status":2},"payload":{"a":{"plain":"x","status":2}}}')
        await wire.receive()

    async with serving(notice) as channel:
        session = await channel.open(Request("talk"))
        reply = await asyncio.wait_for(session.read(), 5)
        assert (reply.part("a").text, reply.stage) == ("x", Stage.END)


async def test_closing_wakes_whoever_reads_and_refuses_who_writes(there: There) -> None:
    channel = HttpChannel(there.url, ChannelOptions())
    await channel.start()
    session = await channel.open(Request("talk"))
    reader = asyncio.ensure_future(session.read())
    await asyncio.sleep(0.05)
    await session.close()
    with pytest.raises(ServiceError) as caught:
        await asyncio.wait_for(reader, 5)
    assert caught.value.fault is Fault.SESSION_CLOSED
    with pytest.raises(ServiceError) as caught:
        await session.write(Request("talk", parts=(Part("a", b"1"),)))
    assert caught.value.fault is Fault.SESSION_CLOSED
    await channel.stop()


async def test_kinds_stages_and_numbers_survive_a_session(there: There) -> None:
    channel = HttpChannel(there.url.replace("http", "ws"), ChannelOptions())
    await channel.start()
    for detached in (False, True):
        session = await channel.open(Request("talk"), detached=detached)
        for number, stage in enumerate((Stage.BEGIN, Stage.CONTINUE, Stage.END)):
            await session.write(Request("", parts=(Part("a", b"\0\xff", Kind.AUDIO, stage, number, {"rate": "8000"}),)))
            (part,) = (await asyncio.wait_for(session.read(), 5)).parts
            assert (part.data, part.kind, part.stage, part.seq) == (b"\0\xff", Kind.AUDIO, stage, number)
            assert part.attributes == {"rate": "8000"}
        await session.close()
    await channel.stop()
