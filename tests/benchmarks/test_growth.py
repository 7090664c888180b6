"""The rows about growth: what they are compared with, and that their sessions are really open."""

from __future__ import annotations

import asyncio

from benchmarks.growth import GROWTH, idle
from benchmarks.soak.house import housed
from benchmarks.takes import takes


async def test_idle_sessions_are_open_as_long_as_the_block_lasts() -> None:
    async with housed("thread") as house:
        # Both ends block this thread, but the kernel is another process.
        with idle(house.urls["http"], 20):
            assert (await house.busy())["athena_sessions"] == 20
        for _ in range(200):
            if not (await house.busy())["athena_sessions"]:
                break
            await asyncio.sleep(0.05)
        assert (await house.busy())["athena_sessions"] == 0


def test_every_row_is_a_ratio_to_one_of_them_and_is_taken_in_a_run() -> None:
    assert {single.by for single in GROWTH} == {"ratio"}
    assert {single.floor.second for single in GROWTH} == {1.15}
    assert {single.name for single in GROWTH} <= {take.name for take in takes(peers=False)}
