"""What a turn of the loop brings goes to the lanes together, in its order, and nothing stays behind."""

from __future__ import annotations

import asyncio

from athena.executors.departures import Departures


async def test_what_one_turn_brings_goes_together_at_its_end_and_in_order() -> None:
    departures = Departures(asyncio.get_running_loop())
    gone: list[int] = []
    for number in range(3):
        departures.add(lambda number=number: gone.append(number))
    assert gone == []
    await asyncio.sleep(0)
    assert gone == [0, 1, 2]
    departures.add(lambda: gone.append(3))
    await asyncio.sleep(0)
    assert gone == [0, 1, 2, 3]


async def test_what_must_not_be_overtaken_leaves_at_once_and_only_once() -> None:
    departures = Departures(asyncio.get_running_loop())
    gone: list[int] = []
    departures.add(lambda: gone.append(0))
    departures.leave()
    assert gone == [0]
    departures.add(lambda: gone.append(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert gone == [0, 1]
