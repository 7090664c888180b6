"""Whatever becomes of a call, what it took is given back once and its account is closed once."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.link.token import Token
from athena.models import Attempt, Part, Principal, Reply, Request
from athena.testing.bounded import refused

from .house import ALICE, Ledger, Purse, Room, house

CALL = Request("s", principal=ALICE)


async def furnished(**limits: Any) -> Room:
    return (await house(**limits)).metered()


async def test_a_call_that_ends_well_is_begun_and_ended_once() -> None:
    room = await furnished()
    room.executor.reply = Reply((Part("x", b"1"),), attributes={"usage.pages": "3", "model": "m"})
    reply = await room.door.once(CALL)
    assert reply.attributes == {"model": "m"}
    (usage,) = room.ledger.over
    assert (usage.fault, usage.executed, usage.units, usage.principal) == (None, Executed.YES, {"pages": 3.0}, "alice")
    assert room.purse.acquired == 1
    room.clean()


@pytest.mark.parametrize("fault", Fault)
async def test_a_call_that_ends_in_any_fault_is_accounted_with_that_fault(fault: Fault) -> None:
    room = await furnished()
    room.executor.error = ServiceError(fault, "x", executed=Executed.UNKNOWN)
    error = await refused(room.door.once(CALL), fault)
    assert error is room.executor.error
    (usage,) = room.ledger.over
    assert (usage.fault, usage.executed) == (fault, Executed.UNKNOWN)
    room.clean()


async def test_a_defect_is_accounted_as_internal() -> None:
    room = await furnished()
    room.executor.error = ValueError("ours")
    await refused(room.door.once(CALL), Fault.INTERNAL)
    assert room.ledger.over[0].fault is Fault.INTERNAL
    room.clean()


async def test_a_caller_that_goes_is_accounted_as_cancelled() -> None:
    room = await furnished()
    room.executor.wait.clear()
    call = asyncio.create_task(room.door.once(CALL))
    await asyncio.sleep(0.02)
    assert (room.board.in_flight.running, room.purse.out, len(room.ledger.begun)) == (1, 1, 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert room.ledger.over[0].fault is Fault.CANCELLED
    room.clean()


async def test_a_deadline_is_accounted_as_such() -> None:
    room = await furnished(default_deadline=0.05)
    room.executor.wait.clear()
    await refused(room.door.once(CALL), Fault.DEADLINE)
    assert room.ledger.over[0].fault is Fault.DEADLINE
    room.clean()


async def test_who_is_turned_away_before_admission_is_never_on_the_meter() -> None:
    room = await furnished()
    room.purse.left = 0
    error = await refused(room.door.once(CALL), Fault.QUOTA)
    assert (error.retry_after, error.executed) == (2.0, Executed.NO)
    await refused(room.door.once(Request("x")), Fault.NOT_FOUND)
    await refused(room.door.once(Request("s", principal=Principal("a", scopes=frozenset()))), Fault.FORBIDDEN)
    assert room.ledger.begun == room.ledger.over == []
    assert room.purse.acquired == 0
    room.clean()


async def test_a_later_quota_that_refuses_gives_back_what_the_earlier_ones_gave() -> None:
    room = await furnished()
    empty, never = Purse(0), Purse()
    room.board.quotas.extend([empty, never])
    await refused(room.door.once(CALL), Fault.QUOTA)
    assert (room.purse.acquired, room.purse.out) == (1, 0)
    assert (empty.out, never.acquired) == (0, 0)
    room.clean()


async def test_a_caller_that_goes_while_a_quota_thinks_gets_back_only_what_it_took() -> None:
    room = await furnished()

    class Slow(Purse):
        async def acquire(self, principal: Principal, service: str) -> None:
            await asyncio.sleep(30)

    slow = Slow()
    room.board.quotas.append(slow)
    call = asyncio.create_task(room.door.once(CALL))
    await asyncio.sleep(0.02)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert slow.out == 0
    room.clean()


async def test_a_quota_that_fails_to_take_back_spoils_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    room = await furnished()
    other = Purse()
    room.board.quotas.append(other)
    room.purse.spoilt = True
    with caplog.at_level(logging.ERROR):
        await room.door.once(CALL)
    assert other.out == 0
    assert "a quota failed" in caplog.text
    assert b'fault="OK"' in room.door.metrics()
    room.clean()


async def test_a_meter_that_is_full_closes_the_door_before_anything_runs() -> None:
    room = await furnished()
    full = Ledger()
    full.full = True
    room.board.meters.append(full)
    error = await refused(room.door.once(CALL), Fault.UNAVAILABLE)
    assert error.executed is Executed.NO
    assert room.executor.requests == []
    assert (len(room.ledger.over), len(full.over)) == (1, 0)
    room.clean()


async def test_what_the_executor_is_given_is_complete_and_minted_by_the_house() -> None:
    room = await house()
    await room.door.once(Request("s", params={"k": "v"}, principal=ALICE))
    (given,) = room.executor.requests
    assert len(given.sid) == 32
    assert given.deadline is not None
    assert isinstance(given.cancellation, Token)
    assert (given.params, given.principal) == ({"k": "v"}, ALICE)


async def test_a_single_call_keeps_the_id_its_transport_told_the_client_and_a_session_never_does() -> None:
    room = await house()
    await room.door.once(Request("s", sid="told", principal=ALICE))
    assert room.executor.requests[0].sid == "told"
    session = await room.door.open(Request("s", sid="told", principal=ALICE), detached=False)
    assert len(session.sid) == 32
    await session.close()


async def test_units_are_taken_off_the_wire_without_meters_too() -> None:
    room = await house()
    room.executor.reply = Reply((), attributes={"usage.pages": "3"})
    assert (await room.door.once(CALL)).attributes == {}


@pytest.mark.parametrize("operation", ["once", "stream", "open"])
async def test_every_operation_passes_the_same_way(operation: str) -> None:
    room = await furnished()
    room.executor.error = ServiceError(Fault.WORKER_LOST, "x", executed=Executed.UNKNOWN)

    async def call() -> None:
        if operation == "once":
            await room.door.once(CALL)
        elif operation == "open":
            await room.door.open(CALL, detached=False)
        else:
            async for _ in room.door.stream(CALL):
                pass

    await refused(call(), Fault.WORKER_LOST)
    (usage,) = room.ledger.over
    assert (usage.fault, usage.transport) == (Fault.WORKER_LOST, "wire")
    room.clean()


def test_the_attempt_of_a_call_is_not_part_of_its_passage() -> None:
    """Who it is has been answered before: a passage never asks a guard."""
    assert not hasattr(Attempt("wire", "once"), "principal")
