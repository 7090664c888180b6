"""The client end of upstream's RPC, against a kernel that speaks it: calls, sessions, what goes wrong on the way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

import athena
from athena import Part, Reply, Request, Stage, Wrapper, hookimpl
from athena.errors import Executed, Fault, ServiceError
from athena.models import ChannelOptions, Document
from athena.testing.bounded import refused
from athena_transport_grpc.upstream import XsfChannel


class Slow(Wrapper):
    """Answers once, late if asked; in a session it says each write twice."""

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        time.sleep(float(request.params.get("late", "0")))
        if request.params.get("fail"):
            raise ServiceError(Fault.USER_ERROR, "as asked", code=7)
        return Reply((Part("said", bytes(request.part("a").data)),))

    @hookimpl
    def athena_session_create(self, context: Any) -> Any:
        return context

    @hookimpl
    def athena_session_write(self, session: Any, request: Request) -> None:
        for stage in (Stage.CONTINUE, Stage.END if request.ended else Stage.CONTINUE):
            session.outbox.emit(Reply((Part("said", bytes(request.parts[0].data), stage=stage),), stage))


@pytest.fixture
async def url() -> AsyncIterator[str]:
    toml = Document("[kernel]\ndrain_timeout = 1\n[transports.grpc]\nport = 0\n", origin="xsf.toml")
    async with athena.start(toml, wrappers={"slow": Slow}) as kernel:
        yield kernel.endpoints[0].url.replace("grpc://", "xsf://")


@pytest.fixture
async def channel(url: str) -> AsyncIterator[XsfChannel]:
    channel = XsfChannel(url, ChannelOptions())
    await channel.start()
    yield channel
    await channel.stop()


def request(data: bytes, stage: Stage = Stage.ONCE, **params: str) -> Request:
    return Request("slow", parts=(Part("a", data, stage=stage),), params=params)


@pytest.mark.parametrize("url", ["xsf://", "xsf://host", "grpc://host:1"])
def test_a_url_that_names_no_port_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected xsf://HOST:PORT"):
        XsfChannel(url, ChannelOptions())


async def test_nobody_there_is_unavailable() -> None:
    channel = XsfChannel("xsf://127.0.0.1:1", ChannelOptions(timeout=0.2))
    error = await refused(channel.start(), Fault.UNAVAILABLE)
    assert error.executed is Executed.NO
    assert not channel.health().ready


async def test_a_call_and_a_stream_of_one(channel: XsfChannel) -> None:
    assert channel.health().ready
    assert "session" in (await channel.describe("slow")).operations
    assert (await channel.once(request(b"1"))).part("said").data == b"1"
    assert [reply.part("said").data async for reply in channel.stream(request(b"2"))] == [b"2"]


async def test_what_the_wrapper_raises_comes_out_whole_and_so_does_a_deadline(channel: XsfChannel) -> None:
    error = await refused(channel.once(request(b"", fail="1")), Fault.USER_ERROR)
    assert (error.message, error.code, error.executed) == ("as asked", 7, Executed.YES)
    late = Request("slow", parts=(Part("a"),), params={"late": "0.5"}, deadline=time.monotonic() + 0.1)
    await refused(channel.once(late), Fault.DEADLINE)
    await refused(channel.once(Request("slow", deadline=time.monotonic() - 1)), Fault.DEADLINE)
    await refused(channel.once(Request("nobody")), Fault.NOT_FOUND)


async def test_a_session_brings_every_result_in_order_then_its_end(channel: XsfChannel) -> None:
    session = await channel.open(Request("slow"))
    again = await channel.session(session.sid)
    assert len(session.sid) == 26
    assert (await session.read(0.05)).parts == ()
    for number in (b"1", b"2"):
        await session.write(request(number, Stage.CONTINUE))
    await session.write(request(b"3", Stage.END))
    found = []
    while True:
        reply = await asyncio.wait_for(session.read(), 10)
        found += [part.data for part in reply.parts]
        if reply.stage is Stage.END:
            break
    assert found == [b"1", b"1", b"2", b"2", b"3", b"3"]
    await refused(session.read(), Fault.SESSION_CLOSED)
    await refused(session.write(request(b"4")), Fault.SESSION_CLOSED)
    await refused(again.read(0.0), Fault.SESSION_CLOSED)
    await session.close()


async def test_closing_ends_it_at_the_loader(channel: XsfChannel) -> None:
    session = await channel.open(Request("slow"))
    await session.close()
    await session.close()
    again = await channel.session(session.sid)
    await refused(again.read(0.0), Fault.SESSION_CLOSED)


async def test_stopping_ends_calls_under_way(channel: XsfChannel) -> None:
    waiting = asyncio.ensure_future(channel.once(request(b"", late="1")))
    await asyncio.sleep(0.1)
    await channel.stop()
    await refused(waiting, Fault.CANCELLED)
    await refused(channel.once(request(b"")), Fault.UNAVAILABLE)
