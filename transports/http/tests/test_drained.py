"""An answer is awaited as long as its client is behind with what was written, and no longer."""

from __future__ import annotations

import asyncio
from typing import Any

from athena_transport_http.drained import drained, nothing


class Behind:
    """A connection whose client takes its time."""

    transport: object | None = object()
    writing_paused = True

    def __init__(self) -> None:
        self.taken = asyncio.Event()

    async def _drain_helper(self) -> None:
        await self.taken.wait()


async def test_a_large_answer_is_over_when_its_client_has_taken_most_of_it() -> None:
    behind: Any = Behind()
    waiting = asyncio.create_task(drained(behind))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    behind.taken.set()
    await asyncio.wait_for(waiting, 1)


async def test_nobody_is_waited_for_who_is_not_behind_or_has_gone() -> None:
    behind: Any = Behind()
    behind.writing_paused = False
    await asyncio.wait_for(drained(behind), 1)
    behind.writing_paused, behind.transport = True, None
    await asyncio.wait_for(drained(behind), 1)
    await asyncio.wait_for(nothing(), 1)
