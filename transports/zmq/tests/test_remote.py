"""Sessions seen from the client: bounded reads lose nothing, writes wait for room, and the end is told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from athena.errors import Fault, ServiceError
from athena.interfaces import Session
from athena.models import END_MARK, ChannelOptions, Part, Reply, Request, Stage
from athena.testing.bounded import eventually
from athena_transport_zmq.channel import ZmqChannel
from athena_transport_zmq.flow import MESSAGES

if TYPE_CHECKING:
    from conftest import Served


class Scripted(Session):
    """Replies and accepts when the test says so."""

    def __init__(self) -> None:
        self.sid = "minted"
        self.written: list[Request] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.replies: asyncio.Queue[Reply | ServiceError] = asyncio.Queue()

    async def write(self, request: Request) -> None:
        await self.gate.wait()
        self.written.append(request)

    async def read(self, wait: float | None = None) -> Reply:
        reply = await self.replies.get()
        if isinstance(reply, ServiceError):
            raise reply
        return reply

    async def close(self, reason: Fault | None = None) -> None:
        self.gate.set()
        self.replies.put_nowait(ServiceError(Fault.SESSION_CLOSED, "closed"))


@pytest.fixture
async def pair(served: Served) -> AsyncIterator[tuple[Scripted, Session]]:
    scripted = Scripted()

    async def open_(request: Request, *, detached: bool, alias: str | None = None) -> Session:
        return scripted

    served.dispatcher.open = open_  # type: ignore[method-assign, assignment]
    channel = ZmqChannel(served.url, ChannelOptions())
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
    for wait in (0.0, 0.02):
        assert (await session.read(wait)).parts == ()
    for number in range(3):
        scripted.replies.put_nowait(item(number))
    got = [await session.read(5.0), await session.read(), await session.read(5.0)]
    assert [bytes(reply.parts[0].data) for reply in got] == [b"0", b"1", b"2"]


async def test_the_terminal_fault_comes_once_and_writes_are_refused_after_it(pair: tuple[Scripted, Session]) -> None:
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
    await eventually(lambda: len(scripted.written) == 1, "the mark arrived")
    scripted.replies.put_nowait(Reply((), Stage.END))
    assert (await session.read()).stage is Stage.END
    assert [part.stage for request in scripted.written for part in request.parts] == [Stage.END]


async def test_a_writer_waits_while_the_service_takes_nothing(pair: tuple[Scripted, Session]) -> None:
    scripted, session = pair
    scripted.gate.clear()
    for number in range(MESSAGES):
        await asyncio.wait_for(session.write(item_write(number)), 5)
    waiting = asyncio.ensure_future(session.write(item_write(MESSAGES)))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    scripted.gate.set()
    await asyncio.wait_for(waiting, 5)
    await session.write(Request("", parts=(END_MARK,)))
    await eventually(lambda: len(scripted.written) == MESSAGES + 2, "every write arrived")
    numbers = [bytes(request.parts[0].data) for request in scripted.written[:-1]]
    assert numbers == [str(number).encode() for number in range(MESSAGES + 1)]


def item_write(number: int) -> Request:
    return Request("", parts=(Part("n", str(number).encode(), stage=Stage.CONTINUE),))


async def test_a_writer_that_waits_is_let_go_when_the_session_ends(pair: tuple[Scripted, Session]) -> None:
    scripted, session = pair
    scripted.gate.clear()
    for number in range(MESSAGES):
        await session.write(item_write(number))
    waiting = asyncio.ensure_future(session.write(item_write(MESSAGES)))
    await asyncio.sleep(0.02)
    scripted.replies.put_nowait(ServiceError(Fault.WORKER_LOST, "gone"))
    with pytest.raises(ServiceError) as caught:
        await asyncio.wait_for(waiting, 5)
    assert caught.value.fault is Fault.SESSION_CLOSED
    with pytest.raises(ServiceError) as caught:
        await session.read()
    assert caught.value.fault is Fault.WORKER_LOST


async def test_closing_a_detached_session_never_raises(served: Served) -> None:
    channel = ZmqChannel(served.url, ChannelOptions())
    await channel.start()
    served.dispatcher.error = ServiceError(Fault.NOT_FOUND, "gone")
    session = await channel.session("minted")
    with pytest.raises(ServiceError):
        await session.read(0.0)
    await session.close(Fault.CANCELLED)
    await channel.stop()
    await session.close()


@pytest.mark.parametrize("wait", [None, 20.0])
async def test_whoever_reads_while_the_session_is_closed_is_told(
    pair: tuple[Scripted, Session], wait: float | None
) -> None:
    _, session = pair
    reader = asyncio.create_task(session.read(wait))
    await asyncio.sleep(0.05)
    await session.close()
    with pytest.raises(ServiceError, match="closed at this end") as caught:
        await asyncio.wait_for(reader, 10)
    assert caught.value.fault is Fault.SESSION_CLOSED
