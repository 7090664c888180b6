"""A process executor's workers are told how their sessions' writes go together, and again when that changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from athena.executors.process import ProcessExecutor
from athena.interfaces import Session
from athena.models import BatchSettings, Part, Stage

from .crew import Context, crew, request, settings


@asynccontextmanager
async def together(most: int) -> AsyncIterator[tuple[ProcessExecutor, list[Session]]]:
    """An executor of a wrapper that takes writes as lists, and eight sessions."""
    async with crew(wrapper="./choristers.py", batch=BatchSettings(most, 0.0)) as executor:
        sessions = [await executor.open(request()) for _ in range(8)]
        yield executor, sessions
        for session in sessions:
            await session.close()


async def sizes(sessions: list[Session]) -> list[int]:
    """Each writes once, while the first one's write is slow: how many were in the list of each."""
    await sessions[0].write(request(Part("a", b"0", stage=Stage.CONTINUE), seconds="0.3"))
    await asyncio.sleep(0.1)
    for session in sessions[1:]:
        await session.write(request(Part("a", b"1", stage=Stage.CONTINUE)))
    replies = await asyncio.wait_for(asyncio.gather(*(session.read() for session in sessions)), 20)
    return [int(reply.part("size").text) for reply in replies]


async def test_a_list_has_at_most_so_many_and_new_limits_are_told_to_workers_that_run() -> None:
    async with together(3) as (executor, sessions):
        assert max(await sizes(sessions)) == 3
        executor.settle(settings(batch=BatchSettings(7, 0.0)))
        assert max(await sizes(sessions)) > 3


async def test_an_executor_that_is_not_started_has_nobody_to_tell() -> None:
    ProcessExecutor(settings(batch=BatchSettings()), Context(), lambda: None).settle(settings(batch=BatchSettings()))
