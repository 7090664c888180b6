"""One end for all who ask for it, and its clock."""

from __future__ import annotations

import asyncio

import athena
from athena import Request
from athena.models import Document
from athena.testing.bounded import eventually

from .players import Echo


async def test_whoever_asks_again_waits_for_the_same_end_and_may_hurry_it() -> None:
    echo = Echo()
    async with athena.start(Document("[kernel]\ndrain_timeout = 30.0\n"), wrappers={"echo": echo}) as kernel:
        session = await kernel.open("echo")
        first, second = asyncio.create_task(kernel.stop()), asyncio.create_task(kernel.stop(20.0))
        await asyncio.sleep(0.05)
        assert not first.done()
        assert not second.done()
        await asyncio.wait_for(kernel.stop(0), 10)
        await asyncio.wait_for(asyncio.gather(first, second), 1)
        await session.close()
    assert echo.notes.count("fini") == 1


async def test_a_caller_that_stops_waiting_for_the_end_does_not_stop_it() -> None:
    echo = Echo()
    async with athena.start(wrappers={"echo": echo}) as kernel:
        call = asyncio.create_task(kernel.once("echo", Request("", params={"wait": "1"})))
        await eventually(echo.called.is_set, "the call began")
        impatient = asyncio.create_task(kernel.stop())
        await asyncio.sleep(0.05)
        impatient.cancel()
        echo.release.set()
        await asyncio.wait_for(call, 10)
        await asyncio.wait_for(kernel.wait(), 10)
