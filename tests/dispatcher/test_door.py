"""What a transport calls: one way in for every operation."""

from __future__ import annotations

import asyncio
import random

from athena.errors import Fault, ServiceError
from athena.models import Attempt, Request
from athena.testing.bounded import refused

from .house import ALICE, BOB, Voucher, house

CALL = Request("s", principal=ALICE)


async def test_authenticate_asks_the_guards_of_the_house() -> None:
    room = await house()
    room.board.guards.append(Voucher(ALICE, BOB))
    assert await room.door.authenticate(Attempt("wire", "page", headers={"who": "bob"})) is BOB
    await refused(room.door.authenticate(Attempt("wire", "page")), Fault.UNAUTHENTICATED)


async def test_calls_are_counted_under_the_wire_they_came_by() -> None:
    room = await house()
    await room.door.once(CALL)
    assert b'transport="wire"' in room.door.metrics()


async def test_the_services_are_shown_as_they_are() -> None:
    room = await house()
    assert list(room.door.services()) == ["s"]


async def test_after_a_storm_of_every_kind_of_end_nothing_is_left_over() -> None:
    room = (await house(default_deadline=0.5, max_in_flight=40)).metered()
    await room.add("s", max_concurrency=3, queue=20)
    dice = random.Random(7)
    outcomes = [None, None, ServiceError(Fault.USER_ERROR, "x"), ValueError("ours")]

    async def one(number: int) -> None:
        room.executor.error = outcomes[number % len(outcomes)]
        if number % 3 == 0:
            async for _ in room.door.stream(CALL):
                if number % 2:
                    break
        elif number % 5 == 0:
            session = await room.door.open(CALL, detached=number % 2 == 0)
            await session.close()
        else:
            await room.door.once(CALL)

    tasks = [asyncio.create_task(one(number)) for number in range(300)]
    for task in tasks:
        if dice.random() < 0.2:
            task.cancel()
        if dice.random() < 0.3:
            await asyncio.sleep(0)
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
    await asyncio.sleep(0.1)  # generators that were left are closed by the loop
    room.clean()
    assert room.sessions.count == 0
