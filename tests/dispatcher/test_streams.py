"""Streams at the door: every reply on its way out, and nothing left behind however they end."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.models import Part, Reply, Request
from athena.testing.bounded import refused

from .house import ALICE, house

CALL = Request("s", principal=ALICE)


async def test_a_stream_gives_every_reply_without_its_units_and_sums_them() -> None:
    room = (await house()).metered()
    room.executor.reply = Reply((Part("x", b"1"),), attributes={"usage.tokens": "2"})
    replies = [reply async for reply in room.door.stream(CALL)]
    assert [dict(reply.attributes) for reply in replies] == [{}, {}, {}]
    assert room.ledger.over[0].units == {"tokens": 6.0}
    assert room.ledger.over[0].fault is None
    room.clean()


async def test_leaving_a_stream_cancels_it_and_frees_everything() -> None:
    room = (await house()).metered()
    room.executor.wait.clear()
    async with aclosing(room.door.stream(CALL)) as replies:
        async for _ in replies:
            assert room.board.in_flight.running == 1
            break
    assert room.ledger.over[0].fault is Fault.CANCELLED
    room.clean()


async def test_a_task_that_is_cancelled_in_a_stream_frees_everything() -> None:
    room = (await house()).metered()
    room.executor.wait.clear()

    async def consume() -> None:
        async for _ in room.door.stream(CALL):
            pass

    task = asyncio.create_task(consume())
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    room.clean()


async def test_a_fault_after_items_says_what_the_executor_said() -> None:
    room = (await house()).metered()
    room.executor.error = ServiceError(Fault.USER_ERROR, "x", executed=Executed.YES)
    taken: list[Reply] = []

    async def consume() -> None:
        async for reply in room.door.stream(CALL):
            taken.append(reply)

    await refused(consume(), Fault.USER_ERROR)
    assert len(taken) == 2
    room.clean()


async def test_a_stream_nobody_began_to_read_holds_nothing() -> None:
    room = await house()
    stream = room.door.stream(CALL)
    assert room.board.in_flight.running == 0
    await stream.aclose()
    room.clean()
