"""The client's side of a call, over a wire without a socket."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator

import click
import pytest

from athena import Cancelled, Fault, Part, Reply, Request, ServiceError, SessionContext, Wrapper, hookimpl
from athena.cli.parts import given
from athena.cli.talk import Call, next_reply, once, open_channel, stream, talk
from athena.errors import PluginMissing
from athena.interfaces import Channel
from athena.kernel import start
from athena.models import ChannelOptions, Document
from athena.testing import Loopback, LoopbackChannel
from athena_wrapper_echo.wrapper import Echo


class Picky(Wrapper):
    """Ends its sessions with a fault of its own."""

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> SessionContext:
        return context

    @hookimpl
    def athena_session_write(self, session: SessionContext, request: Request) -> None:
        raise ServiceError(Fault.USER_ERROR, "not that", code=7)


class Silent(Wrapper):
    """Takes whatever comes and says nothing until it is told to go."""

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> SessionContext:
        return context

    @hookimpl
    def athena_session_write(self, session: SessionContext, request: Request) -> None:
        if session.cancelled:
            raise Cancelled


@pytest.fixture
async def url() -> AsyncIterator[str]:
    wrappers = {"echo": Echo, "picky": Picky, "silent": Silent}
    async with start(
        Document("[transports.loopback]"), wrappers=wrappers, plugins={"transports.loopback": Loopback}
    ) as k:
        yield k.endpoints[0].url


@pytest.fixture
async def wire(url: str) -> AsyncIterator[Channel]:
    channel = LoopbackChannel(url, ChannelOptions())
    await channel.start()
    yield channel
    await channel.stop()


def call(service: str, *words: str, chunk: int = 0, timeout: float | None = None, **params: str) -> Call:
    return Call("", service, tuple(given(word) for word in words), params, {}, timeout, chunk)


async def texts(replies: AsyncIterator[Reply]) -> list[str]:
    async def gather() -> list[str]:
        return ["".join(part.text for part in reply.parts) async for reply in replies]

    return await asyncio.wait_for(gather(), 20)


async def test_once_gives_one_reply(wire: Channel) -> None:
    assert await texts(once(wire, call("echo", "a=1", "b=2"))) == ["12"]


async def test_a_stream_gives_an_iterators_items(wire: Channel) -> None:
    assert (await texts(stream(wire, call("echo", "a=x", times="3"))))[:3] == ["x", "x", "x"]


async def test_a_session_writes_each_part_and_reads_until_the_end(wire: Channel) -> None:
    assert await texts(talk(wire, call("echo", "a=1", "a=2", "a=3"))) == ["1", "2", "3"]


async def test_a_session_of_several_streams_ends_too(wire: Channel) -> None:
    assert await texts(talk(wire, call("echo", "a=1", "b=2", "a=3"))) == ["1", "2", "3", ""]


async def test_a_session_without_parts_is_ended_at_once(wire: Channel) -> None:
    assert await texts(talk(wire, call("echo"))) == [""]


async def test_a_part_is_cut_into_writes(wire: Channel) -> None:
    assert await texts(talk(wire, call("echo", "a=12345", chunk=2))) == ["12", "34", "5"]


async def test_stdin_is_written_line_by_line(wire: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\r\ntwo\n\nthree")))
    assert await texts(talk(wire, call("echo", "a=0", "a=@-"))) == ["0", "one", "two", "", "three", ""]


async def test_stdin_is_read_to_its_end_for_a_call(wire: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\ntwo\n")))
    assert await texts(once(wire, call("echo", "a=@-"))) == ["one\ntwo\n"]


async def test_what_the_wrapper_refuses_comes_out_as_its_fault(wire: Channel) -> None:
    with pytest.raises(ServiceError, match="not that") as caught:
        await texts(talk(wire, call("picky", "a=1", "a=2")))
    assert (caught.value.fault, caught.value.code) == (Fault.USER_ERROR, 7)


async def test_a_write_that_is_refused_ends_the_session_instead_of_hanging_it(url: str) -> None:
    class Narrow(LoopbackChannel):
        async def open(self, request: Request, *, detached: bool = False, alias: str | None = None):  # type: ignore[no-untyped-def]
            session = await super().open(request, detached=detached, alias=alias)

            async def refuse(write: Request) -> None:
                raise ServiceError(Fault.TOO_LARGE, "too large to send")

            session.write = refuse  # type: ignore[method-assign]
            return session

    narrow = Narrow(url, ChannelOptions())
    with pytest.raises(ServiceError, match="too large to send"):
        await texts(talk(narrow, call("silent", "a=1")))
    await narrow.stop()


async def test_a_write_refused_before_anybody_reads_ends_it_too(wire: Channel) -> None:
    async def refused() -> None:
        raise ServiceError(Fault.TOO_LARGE, "too large to send")

    session = await wire.open(call("silent").opening())
    writing = asyncio.ensure_future(refused())
    await asyncio.wait({writing}, timeout=5)
    with pytest.raises(ServiceError, match="too large to send"):
        await asyncio.wait_for(next_reply(session, writing), 10)
    await session.close()


async def test_leaving_a_session_early_closes_it(wire: Channel) -> None:
    replies = talk(wire, call("echo", "a=1", "a=2", "a=3"))
    assert (await asyncio.wait_for(replies.__anext__(), 20)).part("a").text == "1"
    await asyncio.wait_for(replies.aclose(), 20)


async def test_a_deadline_travels_with_the_call(wire: Channel) -> None:
    with pytest.raises(ServiceError) as caught:
        await texts(once(wire, call("echo", "a=1", timeout=0.05, delay_ms="20000")))
    assert caught.value.fault is Fault.DEADLINE


@pytest.mark.parametrize("endpoint", ["127.0.0.1:8080", "echo", "://x", ""])
def test_an_endpoint_without_a_scheme_is_refused_and_the_schemes_are_named(endpoint: str) -> None:
    with pytest.raises(click.UsageError, match="expected a URL that begins with one of: "):
        open_channel(endpoint, ChannelOptions())


def test_a_scheme_nobody_serves_is_refused() -> None:
    with pytest.raises(PluginMissing, match=r"channels\.gopher is not installed"):
        open_channel("gopher://x", ChannelOptions())


def test_a_request_holds_the_parts_and_the_opening_of_a_session_does_not() -> None:
    made = call("echo", "a=1", times="2")
    assert [part.key for part in made.request().parts] == ["a"]
    assert made.opening().parts == ()
    assert made.opening().params == made.request().params == {"times": "2"}
    assert made.opening().deadline is None
    assert isinstance(made.request().parts[0], Part)
