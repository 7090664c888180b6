"""A bell: whoever waits looks when it rings, and goes when it is so."""

from __future__ import annotations

import asyncio

from athena.link.bell import Bell


async def test_nobody_waits_for_what_is_so_already() -> None:
    await asyncio.wait_for(Bell().until(lambda: True), 1)


async def test_who_waits_looks_whenever_it_rings_and_one_who_gives_up_takes_nobody_along() -> None:
    bell, so = Bell(), [False]
    waiting = [asyncio.create_task(bell.until(lambda: so[0])) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    bell.ring()
    await asyncio.sleep(0.01)
    assert [task.done() for task in waiting] == [True, False, False]
    so[0] = True
    await asyncio.sleep(0.01)
    assert not waiting[1].done()  # nobody has told it
    bell.ring()
    await asyncio.wait_for(asyncio.gather(*waiting[1:]), 1)
    bell.ring()
