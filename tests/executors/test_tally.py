"""A tally: whoever drains waits exactly as long as something runs."""

from __future__ import annotations

import asyncio

from athena.executors.tally import Tally


async def test_nothing_runs_at_first_and_nobody_waits_for_it() -> None:
    await asyncio.wait_for(Tally().idle(), 1)


async def test_idle_returns_when_the_last_one_has_ended() -> None:
    tally = Tally()
    tally.began()
    tally.began()
    idle = asyncio.create_task(tally.idle())
    tally.ended()
    await asyncio.sleep(0.01)
    assert not idle.done()
    assert tally.running == 1
    tally.ended()
    await asyncio.wait_for(idle, 1)


async def test_it_is_busy_again_after_it_was_idle() -> None:
    tally = Tally()
    tally.began()
    tally.ended()
    tally.began()
    idle = asyncio.create_task(tally.idle())
    await asyncio.sleep(0.01)
    assert not idle.done()
    idle.cancel()
