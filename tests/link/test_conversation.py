"""A session as the kernel sees it: windows both ways, one terminal event, CLOSE before data."""

from __future__ import annotations

import asyncio

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.link import worker_pb2 as pb
from athena.link.conversation import Conversation
from athena.link.frames import (
    ACK,
    CLOSED,
    CREDIT_BYTES,
    CREDIT_MESSAGES,
    EMIT,
    FAULT,
    KINDS,
    OPENED,
    READY,
    Frame,
    FrameError,
)
from athena.models import Part, Reply, Request, Stage
from athena.testing.bounded import eventually, refused

from .far import Far


class Seen:
    """What a conversation told its owner."""

    def __init__(self, far: Far) -> None:
        self.ended = 0
        self.left = 0
        self.it = Conversation(Request("svc", "s1"), far.peer, self._end, self._leave)

    def _end(self, it: Conversation) -> None:
        self.ended += 1

    def _leave(self, it: Conversation) -> None:
        self.left += 1


async def opened(far: Far) -> Seen:
    seen = Seen(far)
    seen.it.begin()
    assert KINDS[(await far.frame()).kind] == "OPEN"
    await far.say(OPENED, seen.it.id)
    await asyncio.wait_for(seen.it.opened, 5)
    return seen


def piece(size: int = 1, stage: Stage = Stage.CONTINUE) -> Request:
    return Request("svc", parts=(Part("a", bytes(size), stage=stage),))


async def test_replies_come_in_order_and_end_with_the_end(far: Far) -> None:
    seen = await opened(far)
    for n in range(3):
        await far.reply(EMIT, seen.it.id, Reply((Part("n", bytes(n)),), Stage.CONTINUE))
    await far.reply(EMIT, seen.it.id, Reply((), Stage.END))
    await far.say(CLOSED, seen.it.id)
    got = [await seen.it.read(5) for _ in range(4)]
    assert [len(reply.parts) for reply in got] == [1, 1, 1, 0]
    assert got[-1].stage is Stage.END
    await refused(seen.it.read(), Fault.SESSION_CLOSED)
    await refused(seen.it.write(piece()), Fault.SESSION_CLOSED)
    assert (seen.ended, seen.left) == (1, 0)
    await asyncio.wait_for(seen.it.close(), 1)


async def test_a_refused_creation_is_what_opening_raises(far: Far) -> None:
    seen = Seen(far)
    seen.it.begin()
    await far.frame()
    await far.fault(FAULT, seen.it.id, ServiceError(Fault.UNSUPPORTED, "svc has no sessions"))
    await far.say(CLOSED, seen.it.id)
    await refused(seen.it.opened, Fault.UNSUPPORTED)
    await eventually(lambda: seen.ended == 1, "it has ended")


async def test_what_a_hook_raises_is_read_once(far: Far) -> None:
    seen = await opened(far)
    await far.reply(EMIT, seen.it.id, Reply((Part("n"),), Stage.CONTINUE))
    await far.fault(FAULT, seen.it.id, ServiceError(Fault.USER_ERROR, "no"))
    assert (await seen.it.read(5)).parts
    await refused(seen.it.read(), Fault.USER_ERROR)
    await refused(seen.it.read(), Fault.SESSION_CLOSED)


async def test_a_lost_worker_is_the_terminal_event(far: Far) -> None:
    seen = await opened(far)
    reader = asyncio.ensure_future(seen.it.read())
    await asyncio.sleep(0)
    far.peer.close("was killed by SIGKILL")
    error = await refused(reader, Fault.WORKER_LOST)
    assert error.executed is Executed.UNKNOWN
    await refused(seen.it.write(piece()), Fault.SESSION_CLOSED)
    assert seen.ended == 1
    await asyncio.wait_for(seen.it.close(), 1)


async def test_writes_wait_for_the_window_and_go_on_with_acknowledgements(far: Far) -> None:
    seen = await opened(far)
    for _ in range(CREDIT_MESSAGES):
        await asyncio.wait_for(seen.it.write(piece()), 5)
    late = asyncio.ensure_future(seen.it.write(piece()))
    await asyncio.sleep(0.02)
    assert not late.done()
    await far.say(ACK, seen.it.id, pb.Credit(messages=8, bytes=8).SerializeToString())
    await asyncio.wait_for(late, 5)
    assert await far.names(CREDIT_MESSAGES + 1) == ["WRITE"] * (CREDIT_MESSAGES + 1)


async def test_large_writes_fill_the_window_by_their_bytes(far: Far) -> None:
    seen = await opened(far)

    async def drain() -> None:
        while (await far.frame(30)).kind:
            pass

    draining = asyncio.ensure_future(drain())
    for _ in range(4):
        await asyncio.wait_for(seen.it.write(piece(CREDIT_BYTES // 4)), 5)
    late = asyncio.ensure_future(seen.it.write(piece()))
    await asyncio.sleep(0.02)
    assert not late.done()
    await far.say(ACK, seen.it.id, pb.Credit(messages=1, bytes=CREDIT_BYTES // 4).SerializeToString())
    await asyncio.wait_for(late, 5)
    draining.cancel()


async def test_a_writer_that_waits_is_told_when_the_session_ends(far: Far) -> None:
    seen = await opened(far)
    for _ in range(CREDIT_MESSAGES):
        await seen.it.write(piece())
    late = asyncio.ensure_future(seen.it.write(piece()))
    await asyncio.sleep(0)
    await far.reply(EMIT, seen.it.id, Reply((), Stage.END))
    await refused(late, Fault.SESSION_CLOSED)


async def test_close_overtakes_the_writes_that_wait(far: Far) -> None:
    seen = await opened(far)
    for _ in range(3):
        await seen.it.write(piece(1024 * 1024))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(seen.it.close())
    await asyncio.sleep(0)
    assert seen.left == 1
    # The first write is half on its way; the others are forgotten.
    assert await far.names(2) == ["WRITE", "CLOSE"]
    assert await far.silent()
    assert not closing.done()
    await far.say(CLOSED, seen.it.id)
    await asyncio.wait_for(closing, 5)
    await asyncio.wait_for(seen.it.close(), 1)
    assert (seen.ended, seen.left) == (1, 1)


async def test_a_session_that_was_never_sent_is_closed_here(far: Far) -> None:
    seen = Seen(far)
    seen.it.begin()
    seen.it.shut(Fault.CANCELLED)
    assert (seen.ended, seen.left) == (1, 0)
    await refused(seen.it.opened)
    assert await far.silent()


async def test_closing_with_a_reason_is_what_the_reader_gets(far: Far) -> None:
    seen = await opened(far)
    reader = asyncio.ensure_future(seen.it.read())
    await asyncio.sleep(0)
    seen.it.shut(Fault.UNAVAILABLE)
    await refused(reader, Fault.UNAVAILABLE)


async def test_reading_with_a_wait_asks_the_wrapper(far: Far) -> None:
    seen = await opened(far)
    reply = await asyncio.wait_for(seen.it.read(0.01), 5)
    assert (reply.parts, reply.stage) == ((), Stage.CONTINUE)
    assert await far.names(1) == ["ASK"]


async def test_reading_gives_credit_back(far: Far) -> None:
    seen = await opened(far)
    for _ in range(8):
        await far.reply(EMIT, seen.it.id, Reply((Part("n"),), Stage.CONTINUE))
    for _ in range(8):
        await asyncio.wait_for(seen.it.read(), 5)
    frame = await far.frame()
    assert KINDS[frame.kind] == "CREDIT"
    assert pb.Credit.FromString(frame.head).messages == 8


async def test_a_frame_that_is_not_for_sessions_breaks_the_protocol(far: Far) -> None:
    seen = await opened(far)
    with pytest.raises(FrameError):
        seen.it.take(Frame(READY, 1, b"", b""))
