"""The only table of sessions: who finds one, in which order it is written, and how often its end is told."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.models import END_MARK, Part, Principal, Reply, Request, Stage
from athena.testing.bounded import refused

from .house import ALICE, BOB, Room, Talk, house

OPEN = Request("s", principal=ALICE)
ITEM = Reply((Part("x", b"1"),), Stage.CONTINUE)
END = Reply((), Stage.END)


def write(*parts: Part) -> Request:
    return Request("", parts=parts)


async def opened(room: Room, request: Request = OPEN, **more: Any) -> tuple[Any, Talk]:
    session = await room.door.open(request, **{"detached": True, **more})
    return session, room.executor.talks[-1]


async def over(room: Room) -> None:
    """Nothing of any session is left."""
    assert room.sessions.count == 0
    assert room.board.services["s"].sessions == 0
    room.clean()


async def test_a_detached_session_is_found_by_sid_and_by_alias_of_the_same_principal_only() -> None:
    room = await house()
    session, _ = await opened(room, alias="mine")
    assert session.sid != "mine"
    assert room.door.session(session.sid, ALICE) is session
    assert room.door.session("mine", ALICE) is session
    for key, principal in (
        (session.sid, BOB), ("mine", BOB), (session.sid, Principal("alice", "another guard")), ("other", ALICE),
        ("", ALICE),
    ):  # fmt: skip
        with pytest.raises(ServiceError) as caught:
            room.door.session(key, principal)
        assert caught.value.fault is Fault.NOT_FOUND


async def test_two_callers_may_have_the_same_alias_and_one_may_not_have_it_twice() -> None:
    room = await house()
    mine, _ = await opened(room, alias="a")
    theirs, _ = await opened(room, Request("s", principal=BOB), alias="a")
    assert room.door.session("a", ALICE) is mine
    assert room.door.session("a", BOB) is theirs
    await refused(room.door.open(OPEN, detached=True, alias="a"), Fault.BAD_REQUEST)
    assert room.door.session("a", ALICE) is mine
    await mine.close()
    again, _ = await opened(room, alias="a")
    assert room.door.session("a", ALICE) is again


async def test_an_alias_of_an_open_that_failed_is_free_again() -> None:
    room = await house()
    room.executor.error = ServiceError(Fault.USER_ERROR, "no")
    await refused(room.door.open(OPEN, detached=True, alias="a"), Fault.USER_ERROR)
    room.executor.error = None
    session, _ = await opened(room, alias="a")
    assert room.door.session("a", ALICE) is session


async def test_an_attached_session_is_found_by_nobody() -> None:
    room = await house()
    session, _ = await opened(room, detached=False)
    with pytest.raises(ServiceError) as caught:
        room.door.session(session.sid, ALICE)
    assert caught.value.fault is Fault.NOT_FOUND


async def test_an_owner_with_narrower_credentials_may_not_go_on() -> None:
    room = await house()
    session, _ = await opened(room)
    with pytest.raises(ServiceError) as caught:
        room.door.session(session.sid, attrs.evolve(ALICE, scopes=frozenset({"other"})))
    assert caught.value.fault is Fault.FORBIDDEN
    assert room.door.session(session.sid, ALICE) is session


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


async def test_a_write_is_bounded_and_its_refusal_leaves_the_session_as_it_was() -> None:
    room = await house(max_message=10)
    session, talk = await opened(room)
    await refused(session.write(write(Part("a", b"x" * 6), Part("b", b"x" * 5))), Fault.TOO_LARGE)
    await session.write(write(Part("a", b"x" * 10, stage=Stage.CONTINUE)))
    assert len(talk.written) == 1


async def test_what_a_write_carries_is_the_clients_and_who_it_is_is_the_sessions() -> None:
    room = await house()
    session, talk = await opened(room)
    await session.write(Request("other", "another sid", (Part("a"),), {"k": "v"}, {"h": "w"}, principal=BOB))
    (given,) = talk.written
    assert (given.service, given.sid, given.principal) == ("s", session.sid, ALICE)
    assert (given.params, given.headers) == ({"k": "v"}, {"h": "w"})


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
