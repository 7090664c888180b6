"""Wear: a worker that has grown too large is replaced, one at a time, and no call fails."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from athena.executors.sandbox import ProcessSection
from athena.executors.wear import resident
from athena.testing.bounded import eventually

from .crew import Context, crew, request

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

MIB = 1024 * 1024


def test_the_memory_of_a_process_is_known_and_that_of_none_is_nothing() -> None:
    assert 5 * MIB < resident(os.getpid()) < 4096 * MIB
    assert resident(2**22 + 1) == 0


async def test_a_worker_that_leaks_is_replaced_and_no_call_fails() -> None:
    def small() -> bool:
        return all(0 < resident(view.pid) < 160 * MIB for view in executor.workers())

    context = Context()
    async with crew(context=context, section=ProcessSection(max_rss=160 * MIB), workers=2) as executor:

        async def leak() -> None:
            for _ in range(20):
                await executor.once(request(do="leak", mib="8"))
                await asyncio.sleep(0.05)

        await asyncio.wait_for(asyncio.gather(leak(), leak()), 40)
        counted = context.figures.counter("athena_worker_restarts_total", "", ("service", "reason"))
        await eventually(lambda: counted["odd", "max_rss"] >= 1, "one was replaced")
        await eventually(lambda: small() and executor.health().workers == {"ready": 2}, "those who left have left")
        assert set(counted) == {("odd", "max_rss")}
