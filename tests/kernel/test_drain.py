"""One end for all who ask for it, and its clock."""

from __future__ import annotations

import asyncio
import time

import athena
from athena import Request
from athena.errors import Executed, Fault
from athena.kernel.drain import LAST
from athena.models import Document
from athena.testing.bounded import eventually, refused

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


async def test_the_lame_duck_is_part_of_the_time_and_takes_new_work() -> None:
    text = "[kernel]\ndrain_timeout = 20.0\nlame_duck = 0.6\n"
    async with athena.start(Document(text), wrappers={"echo": Echo()}) as kernel:
        began = time.monotonic()
        stopping = asyncio.create_task(kernel.stop(lame_duck=True))
        await asyncio.sleep(0.1)
        assert not kernel.services()["echo"].health.ready
        await kernel.once("echo", Request(""))
        await asyncio.wait_for(stopping, 10)
        assert time.monotonic() - began >= 0.6
        await refused(kernel.once("echo", Request("")), Fault.UNAVAILABLE)


async def test_a_hook_that_hangs_costs_its_caller_the_answer_and_the_end_its_two_seconds() -> None:
    echo = Echo()
    async with athena.start(Document("[kernel]\ndrain_timeout = 0.3\n"), wrappers={"echo": echo}) as kernel:
        call = asyncio.create_task(kernel.once("echo", Request("", params={"wait": "1"})))
        await eventually(echo.called.is_set, "the call began")
        began = time.monotonic()
        await asyncio.wait_for(kernel.stop(), 0.3 + LAST + 3)
        error = await refused(call, Fault.UNAVAILABLE)
        assert error.executed is Executed.UNKNOWN
        assert time.monotonic() - began < 0.3 + LAST + 1
        echo.release.set()
