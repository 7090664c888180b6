"""An open session: in which order it is written, and how often its end is told."""

from __future__ import annotations

import asyncio

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.models import END_MARK, Part, Reply, Request, Stage
from athena.testing.bounded import refused

from .house import END, ITEM, house, opened, over, write


async def test_a_duplicate_is_acknowledged_and_not_run_and_a_gap_is_refused_and_changes_nothing() -> None:
    room = await house()
    session, talk = await opened(room)
    for seq in (0, 1, 1, 0):
        await session.write(write(Part("a", stage=Stage.CONTINUE, seq=seq)))
    await refused(session.write(write(Part("a", stage=Stage.CONTINUE, seq=3))), Fault.OUT_OF_ORDER)
    await session.write(write(Part("a", stage=Stage.CONTINUE, seq=2)))
    assert [request.parts[0].seq for request in talk.written] == [0, 1, 2]


async def test_a_write_nobody_waited_for_to_the_end_can_be_sent_again_and_order_is_kept() -> None:
    room = await house()
    session, talk = await opened(room)
    await session.write(write(Part("a", stage=Stage.BEGIN, seq=0)))
    talk.slow = asyncio.Event()
    first = asyncio.create_task(session.write(write(Part("a", stage=Stage.CONTINUE, seq=1))))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(session.write(write(Part("a", stage=Stage.CONTINUE, seq=2))))
    await asyncio.sleep(0.01)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    talk.slow.set()
    await refused(second, Fault.OUT_OF_ORDER)
    for seq in (1, 2):
        await session.write(write(Part("a", stage=Stage.CONTINUE, seq=seq)))
    assert [request.parts[0].seq for request in talk.written] == [0, 1, 2]


@pytest.mark.parametrize("last", [Part("a", stage=Stage.END), END_MARK])
async def test_after_the_last_write_no_other_is_taken_and_replies_still_come(last: Part) -> None:
    room = await house()
    session, talk = await opened(room)
    await session.write(write(Part("a", stage=Stage.BEGIN)))
    await session.write(write(last))
    error = await refused(session.write(write(Part("a", stage=Stage.CONTINUE))), Fault.SESSION_CLOSED)
    assert error.executed is Executed.NO
    talk.replies.put_nowait(ITEM)
    assert await session.read() is ITEM
    talk.replies.put_nowait(END)
    assert (await session.read()).stage is Stage.END
    await refused(session.read(), Fault.SESSION_CLOSED)
    await over(room)


async def test_the_last_write_may_be_sent_again_by_who_did_not_hear_that_it_was_taken() -> None:
    room = await house()
    session, talk = await opened(room)
    await session.write(write(Part("a", stage=Stage.BEGIN, seq=4)))
    for _ in range(2):
        await session.write(write(Part("a", stage=Stage.END, seq=5)))
    for late in (3, 6, None):
        await refused(session.write(write(Part("a", stage=Stage.CONTINUE, seq=late))), Fault.SESSION_CLOSED)
    assert [request.parts[0].seq for request in talk.written] == [4, 5]


async def test_a_write_is_bounded_and_its_refusal_leaves_the_session_as_it_was() -> None:
    room = await house(max_message=10)
    session, talk = await opened(room)
    await refused(session.write(write(Part("a", b"x" * 6), Part("b", b"x" * 5))), Fault.TOO_LARGE)
    await session.write(write(Part("a", b"x" * 10, stage=Stage.CONTINUE)))
    assert len(talk.written) == 1


async def test_what_a_write_carries_reaches_its_executor() -> None:
    room = await house()
    session, talk = await opened(room)
    await session.write(Request("s", session.sid, (Part("a"),), {"k": "v"}, {"h": "w"}))
    (given,) = talk.written
    assert ([part.key for part in given.parts], given.params, given.headers) == (["a"], {"k": "v"}, {"h": "w"})


async def test_one_reader_at_a_time() -> None:
    room = await house()
    session, talk = await opened(room)
    reading = asyncio.create_task(session.read())
    await asyncio.sleep(0.01)
    await refused(session.read(), Fault.OUT_OF_ORDER)
    talk.replies.put_nowait(ITEM)
    assert await asyncio.wait_for(reading, 5) is ITEM
    talk.replies.put_nowait(ITEM)
    assert await session.read() is ITEM


async def test_the_terminal_fault_is_told_once_and_session_closed_after() -> None:
    room = (await house()).metered()
    session, talk = await opened(room)
    talk.replies.put_nowait(ServiceError(Fault.USER_ERROR, "x", executed=Executed.YES))
    await refused(session.read(), Fault.USER_ERROR)
    for _ in range(2):
        await refused(session.read(), Fault.SESSION_CLOSED)
        await refused(session.write(write(Part("a"))), Fault.SESSION_CLOSED)
    assert talk.closed == [Fault.USER_ERROR]
    assert [usage.fault for usage in room.ledger.over] == [Fault.USER_ERROR]
    await over(room)


async def test_an_end_is_told_once_and_a_detached_session_is_gone_with_it() -> None:
    room = (await house()).metered()
    session, talk = await opened(room)
    talk.replies.put_nowait(Reply((), Stage.END, {"usage.seconds": "3"}))
    assert (await session.read()).attributes == {}
    await refused(session.read(), Fault.SESSION_CLOSED)
    assert talk.closed == [None]
    assert [(usage.fault, usage.units) for usage in room.ledger.over] == [(None, {"seconds": 3.0})]
    await over(room)


async def test_closing_twice_and_from_many_sides_at_once_frees_once() -> None:
    room = (await house()).metered()
    session, talk = await opened(room)
    await asyncio.gather(*(session.close(reason) for reason in (None, Fault.DEADLINE, Fault.CANCELLED, None)))
    await session.close()
    assert len(talk.closed) == 1
    assert len(room.ledger.over) == 1
    await over(room)


async def test_a_reader_that_waits_hears_why_the_session_was_closed() -> None:
    room = await house()
    session, _ = await opened(room)
    reading = asyncio.create_task(session.read())
    await asyncio.sleep(0.01)
    await session.close(Fault.UNAVAILABLE)
    await refused(reading, Fault.UNAVAILABLE)
    await refused(session.read(), Fault.SESSION_CLOSED)


async def test_a_write_that_crosses_the_wrappers_end_takes_nothing_from_the_reader() -> None:
    room = await house()
    session, talk = await opened(room, detached=False)
    talk.replies.put_nowait(ITEM)
    talk.replies.put_nowait(END)

    async def ended(request: Request) -> None:
        raise ServiceError(Fault.SESSION_CLOSED, "the session has ended")

    talk.write = ended  # type: ignore[method-assign]  # the wrapper has said its last word
    await refused(session.write(write(Part("a"))), Fault.SESSION_CLOSED)
    await session.close(Fault.SESSION_CLOSED)  # what a transport does with a write that was refused
    assert await session.read() is ITEM
    assert await session.read() is END
    await session.close()
    await over(room)
