"""When a session ends that its client does not end: deadlines, idling, lost credentials, shutdown."""

from __future__ import annotations

import asyncio
import time

import attrs
import pytest

from athena.dispatcher import sessions
from athena.errors import Fault
from athena.link.token import Token
from athena.models import Principal, Request
from athena.testing.bounded import eventually, refused

from .house import ALICE, BOB, ITEM, OPEN, Voucher, house, opened, over


async def test_a_deadline_for_the_whole_session_ends_it_with_deadline_once() -> None:
    room = (await house()).metered()
    began = time.monotonic()
    session, talk = await opened(room, attrs.evolve(OPEN, deadline=began + 0.15))
    await eventually(lambda: room.sessions.count == 0, "the deadline ended the session")
    assert time.monotonic() - began >= 0.15
    await refused(session.read(), Fault.DEADLINE)
    await refused(session.read(), Fault.SESSION_CLOSED)
    assert talk.closed == [Fault.DEADLINE]
    assert [usage.fault for usage in room.ledger.over] == [Fault.DEADLINE]
    await over(room)


async def test_the_default_deadline_bounds_the_opening_and_not_the_session() -> None:
    room = await house(default_deadline=0.05)
    session, _ = await opened(room)
    await asyncio.sleep(0.3)
    assert room.door.session(session.sid, ALICE) is session
    room.executor.wait.clear()
    await refused(room.door.open(OPEN, detached=True), Fault.DEADLINE)
    assert room.board.services["s"].sessions == 1


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep every 10 ms instead of every half second."""
    monkeypatch.setattr(sessions, "SWEEP", 0.01)


@pytest.mark.usefixtures("quick")
async def test_a_detached_session_that_nobody_uses_is_ended_and_an_attached_one_is_not() -> None:
    room = await house(idle_timeout=0.3)
    room.sessions.start()
    session, talk = await opened(room)
    attached, _ = await opened(room, detached=False)
    for _ in range(20):
        await session.read(0.02)
    assert talk.closed == [], "it was in use for longer than it may idle"
    await eventually(lambda: talk.closed == [Fault.DEADLINE], "the detached one was ended")
    assert room.sessions.count == 1
    await attached.close()
    await room.sessions.stop()
    await over(room)


@pytest.mark.usefixtures("quick")
async def test_a_detached_session_ends_when_its_life_is_over_though_it_is_in_use() -> None:
    room = await house(max_lifetime=0.2)
    room.sessions.start()
    session, talk = await opened(room)
    _, attached = await opened(room, detached=False)
    await refused(session.read(), Fault.DEADLINE)
    assert (talk.closed, attached.closed) == ([Fault.DEADLINE], [])
    await room.sessions.stop()
    await over(room)


@pytest.mark.usefixtures("quick")
async def test_a_session_somebody_reads_is_not_idle() -> None:
    room = await house(idle_timeout=0.1)
    room.sessions.start()
    session, talk = await opened(room)
    reading = asyncio.create_task(session.read())
    await asyncio.sleep(0.4)
    assert talk.closed == []
    talk.replies.put_nowait(ITEM)
    await asyncio.wait_for(reading, 5)
    await room.sessions.stop()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_credentials_that_are_no_longer_valid_end_the_sessions_they_opened(how: str) -> None:
    room = await house()
    guard = Voucher(ALICE, BOB)
    room.board.guards.append(guard)
    room.sessions.start()
    soon = attrs.evolve(ALICE, expires=time.time() + 0.2) if how == "expired" else ALICE
    session, talk = await opened(room, attrs.evolve(OPEN, principal=soon), detached=False)
    _, other = await opened(room, Request("s", principal=BOB), detached=False)
    reading = asyncio.create_task(session.read())
    await asyncio.sleep(0.1)
    if how == "revoked":
        assert talk.closed == []
        guard.gone.add("alice")
    await refused(reading, Fault.UNAUTHENTICATED)
    assert (talk.closed, other.closed) == ([Fault.UNAUTHENTICATED], [])
    await room.sessions.stop()
    assert other.closed == [Fault.UNAVAILABLE]
    await over(room)


@pytest.mark.usefixtures("quick")
async def test_credentials_that_are_no_longer_valid_end_the_open_streams_too() -> None:
    room = await house()
    guard = Voucher(ALICE, BOB)
    room.board.guards.append(guard)
    room.executor.wait.clear()
    room.sessions.start()
    streams = [room.door.stream(Request("s", principal=principal)) for principal in (ALICE, BOB)]
    for stream in streams:
        await stream.__anext__()
        await stream.__anext__()
    reading = [asyncio.ensure_future(stream.__anext__()) for stream in streams]
    await asyncio.sleep(0.1)
    assert not any(one.done() for one in reading)
    guard.gone.add("alice")
    await refused(reading[0], Fault.UNAUTHENTICATED)
    assert not reading[1].done()
    room.executor.wait.set()
    await asyncio.wait_for(reading[1], 5)
    await streams[1].aclose()
    await room.sessions.stop()
    room.clean()


def lagging(request: Request, since: float) -> None:
    """As an executor says it of a full inbox from which nothing is taken."""
    token = request.cancellation
    assert isinstance(token, Token)
    token.behind = lambda now: now - since


@pytest.mark.usefixtures("quick")
async def test_a_reader_that_takes_nothing_of_a_full_session_ends_it_unless_it_is_detached() -> None:
    room = await house(slow_reader=0.3, idle_timeout=30.0)
    room.sessions.start()
    session, talk = await opened(room, detached=False)
    kept, held = await opened(room, detached=True)
    began = time.monotonic()
    for asked in room.executor.requests:
        lagging(asked, began)
    await eventually(lambda: bool(talk.closed), "the slow one was ended")
    assert time.monotonic() - began >= 0.3
    assert talk.closed == [Fault.OVERLOADED]
    await refused(session.read(), Fault.OVERLOADED)
    assert held.closed == []
    await kept.close()
    await room.sessions.stop()


@pytest.mark.usefixtures("quick")
async def test_a_reader_that_takes_nothing_of_a_full_stream_ends_it() -> None:
    room = await house(slow_reader=0.3)
    room.sessions.start()
    stream = room.door.stream(Request("s"))
    await stream.__anext__()
    (asked,) = room.executor.requests
    lagging(asked, time.monotonic())
    await eventually(lambda: asked.cancelled, "its wrapper was let go")
    await refused(stream.__anext__(), Fault.OVERLOADED)
    await room.sessions.stop()
    room.clean()


@pytest.mark.usefixtures("quick")
async def test_a_guard_that_fails_to_answer_ends_nobody_and_stops_no_sweep() -> None:
    class Silent(Voucher):
        async def valid(self, principal: Principal) -> bool:
            raise OSError("the directory is down")

    room = await house(idle_timeout=0.2)
    room.board.guards.append(Silent())
    room.sessions.start()
    _, attached = await opened(room, detached=False)
    _, idle = await opened(room)
    await eventually(lambda: idle.closed == [Fault.DEADLINE], "the idle one was still swept")
    assert attached.closed == []
    await room.sessions.stop()


async def test_stopping_tells_every_session_and_idle_returns_when_the_last_has_gone() -> None:
    room = await house()
    talks = [(await opened(room))[1] for _ in range(5)]
    idle = asyncio.create_task(room.sessions.idle())
    await asyncio.sleep(0.01)
    assert not idle.done()
    await room.sessions.stop()
    await asyncio.wait_for(idle, 5)
    assert [talk.closed for talk in talks] == [[Fault.UNAVAILABLE]] * 5
    await over(room)


async def test_sessions_take_no_place_of_max_in_flight_but_count_against_max_sessions() -> None:
    room = await house(max_in_flight=1)
    await room.add("s", max_sessions=3)
    for _ in range(3):
        await opened(room)
    await room.door.once(OPEN)
    error = await refused(room.door.open(OPEN, detached=True), Fault.OVERLOADED)
    assert error.retry_after
    await room.sessions.stop()
    await over(room)


async def test_quotas_and_meters_hold_for_as_long_as_the_session_lives() -> None:
    room = (await house()).metered()
    session, _ = await opened(room)
    assert (room.purse.out, len(room.ledger.begun), len(room.ledger.over)) == (1, 1, 0)
    await session.close()
    assert [usage.fault for usage in room.ledger.over] == [None]
    await over(room)


async def test_a_client_that_goes_while_its_session_is_opened_leaves_nothing() -> None:
    room = (await house()).metered()
    room.executor.wait.clear()
    opening = asyncio.create_task(room.door.open(OPEN, detached=True, alias="a"))
    await asyncio.sleep(0.02)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    room.executor.wait.set()
    await over(room)
    await opened(room, alias="a")
