"""Sessions seen from the client: bounded reads lose nothing, and the end is told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from athena.errors import Fault, ServiceError
from athena.interfaces import Session
from athena.models import END_MARK, ChannelOptions, Part, Reply, Request, Stage
from athena.testing.bounded import eventually
from athena_transport_grpc.channel import GrpcChannel

if TYPE_CHECKING:
    from conftest import Served


class Scripted(Session):
    """Replies when the test says so."""

    def __init__(self) -> None:
        self.sid = "minted"
        self.written: list[Request] = []
        self.replies: asyncio.Queue[Reply | ServiceError] = asyncio.Queue()

    async def write(self, request: Request) -> None:
        self.written.append(request)

    async def read(self, wait: float | None = None) -> Reply:
        reply = await self.replies.get()
        if isinstance(reply, ServiceError):
            raise reply
        return reply

    async def close(self, reason: Fault | None = None) -> None:
        self.replies.put_nowait(ServiceError(Fault.SESSION_CLOSED, "closed"))


@pytest.fixture
async def pair(served: Served) -> AsyncIterator[tuple[Scripted, Session]]:
    scripted = Scripted()

    async def open_(request: Request, *, detached: bool, alias: str | None = None) -> Session:
        return scripted

    served.dispatcher.open = open_  # type: ignore[method-assign, assignment]
    channel = GrpcChannel(served.url, ChannelOptions())
    await channel.start()
    session = await channel.open(Request("s"))
    assert session.sid == "minted"
    yield scripted, session
    await session.close()
    await channel.stop()


def item(number: int) -> Reply:
    return Reply((Part("n", str(number).encode()),), Stage.CONTINUE)


async def test_a_bounded_read_that_came_to_nothing_loses_nothing(pair: tuple[Scripted, Session]) -> None:
    scripted, session = pair
    for _ in range(3):
        assert (await session.read(0.02)).parts == ()
    for number in range(3):
        scripted.replies.put_nowait(item(number))
    got = [await session.read(5.0), await session.read(), await session.read(5.0)]
    assert [bytes(reply.parts[0].data) for reply in got] == [b"0", b"1", b"2"]


async def test_the_terminal_fault_comes_once_and_writes_are_refused_from_then_on(
    pair: tuple[Scripted, Session],
) -> None:
    scripted, session = pair
    scripted.replies.put_nowait(item(0))
    scripted.replies.put_nowait(ServiceError(Fault.USER_ERROR, "no", code=5))
    await session.read()
    with pytest.raises(ServiceError) as caught:
        await session.read()
    assert (caught.value.fault, caught.value.code) == (Fault.USER_ERROR, 5)
    for call in (session.read(), session.write(Request("", parts=(END_MARK,)))):
        with pytest.raises(ServiceError) as caught:
            await call
        assert caught.value.fault is Fault.SESSION_CLOSED


async def test_after_the_end_mark_nothing_is_written(pair: tuple[Scripted, Session]) -> None:
    scripted, session = pair
    await session.write(Request("", parts=(END_MARK,)))
    with pytest.raises(ServiceError) as caught:
        await session.write(Request("", parts=(Part("a"),)))
    assert caught.value.fault is Fault.SESSION_CLOSED
    await eventually(lambda: bool(scripted.written), "the mark has arrived: the end of the session would overtake it")
    scripted.replies.put_nowait(Reply((), Stage.END))
    assert (await session.read()).stage is Stage.END
    assert [part.stage for request in scripted.written for part in request.parts] == [Stage.END]


async def test_closing_a_detached_session_never_raises(served: Served) -> None:
    channel = GrpcChannel(served.url, ChannelOptions())
    await channel.start()
    served.dispatcher.error = ServiceError(Fault.NOT_FOUND, "gone")
    session = await channel.session("minted")
    with pytest.raises(ServiceError):
        await session.read(0.0)
    await session.close(Fault.CANCELLED)
    await channel.stop()
    await session.close()


async def overwritten(session: Session) -> ServiceError:
    """Writes until one is refused."""
    while True:
        try:
            await session.write(Request("", parts=(Part("n", b"1"),)))
        except ServiceError as error:
            return error


async def test_writes_that_cross_the_end_do_not_hide_its_reason(served: Served) -> None:
    scripted = Scripted()

    async def open_(request: Request, *, detached: bool, alias: str | None = None) -> Session:
        return scripted

    served.dispatcher.open = open_  # type: ignore[method-assign, assignment]
    channel = GrpcChannel(served.url, ChannelOptions())
    await channel.start()
    for _ in range(50):
        scripted = Scripted()
        session = await channel.open(Request("s"))
        scripted.replies.put_nowait(ServiceError(Fault.USER_ERROR, "as it was told", code=4711))
        refused = await overwritten(session)
        assert refused.fault is Fault.SESSION_CLOSED
        with pytest.raises(ServiceError) as caught:
            await session.read()
        assert (caught.value.fault, caught.value.code) == (Fault.USER_ERROR, 4711)
        await session.close()
    await channel.stop()


@pytest.mark.parametrize("wait", [None, 20.0])
async def test_whoever_reads_while_the_session_is_closed_or_its_channel_stopped_is_told(
    pair: tuple[Scripted, Session], wait: float | None
) -> None:
    _, session = pair
    reader = asyncio.create_task(session.read(wait))
    await asyncio.sleep(0.05)
    await session.close()
    with pytest.raises(ServiceError, match="closed at this end"):
        await asyncio.wait_for(reader, 10)


async def test_a_reader_that_is_cancelled_itself_is_cancelled(pair: tuple[Scripted, Session]) -> None:
    _, session = pair
    reader = asyncio.create_task(session.read())
    await asyncio.sleep(0.05)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(reader, 10)
