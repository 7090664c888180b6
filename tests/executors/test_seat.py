"""A seat: what is worn out is replaced without anybody losing anything, and what fails is tried by one at a time."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from athena.errors import Fault
from athena.executors.process import ProcessExecutor
from athena.executors.sandbox import ProcessSection
from athena.interfaces import Session
from athena.models import GpuSettings, Part, Stage
from athena.testing.bounded import eventually, refused

from .crew import Context, FakeAllocator, crew, pid, request, value


def restarts(context: Context, reason: str) -> int:
    counted = context.figures.counter("athena_worker_restarts_total", "", ("service", "reason"))
    return counted.get(("odd", reason), 0)


async def said(session: Session, text: str) -> int:
    """Says it, hears it, and tells which worker answered."""
    await session.write(request(Part.from_text("a", text, Stage.CONTINUE)))
    reply = await session.read(5)
    assert reply.part("a").text == text
    return value(reply, "pid")


async def calls(executor: ProcessExecutor, number: int) -> set[int]:
    """So many, eight at a time; which workers answered."""
    gate = asyncio.Semaphore(8)

    async def one() -> int:
        async with gate:
            await asyncio.sleep(0.1)
            return await pid(executor)

    return set(await asyncio.wait_for(asyncio.gather(*(one() for _ in range(number))), 40))


async def test_workers_are_replaced_after_so_many_calls_and_no_call_fails() -> None:
    context = Context()
    async with crew(context=context, section=ProcessSection(max_requests=20), workers=2) as executor:
        answered: set[int] = set()
        # On a busy machine a successor is not there yet when the first calls are over.
        for _ in range(10):
            answered |= await calls(executor, 150)
            if len(answered) > 2:
                break
        assert len(answered) > 2
        await eventually(lambda: executor.health().workers == {"ready": 2}, "those who left have left")
        assert restarts(context, "max_requests") >= len(answered) - 2
        assert restarts(context, "died") == 0


async def test_the_sessions_of_a_worker_that_is_replaced_end_where_they_began() -> None:
    async with crew(section=ProcessSection(max_requests=3)) as executor:
        session = await executor.open(request())
        first = await said(session, "one")
        await calls(executor, 3)
        await eventually(lambda: executor.health().workers == {"ready": 1, "draining": 1}, "its successor is there")
        assert await pid(executor) != first
        assert await said(session, "two") == first
        await session.write(request(Part.from_text("a", "bye", Stage.END)))
        assert (await session.read(5)).stage is Stage.END
        await session.close()
        await eventually(lambda: executor.health().workers == {"ready": 1}, "it has left")


async def test_a_session_that_does_not_end_is_ended_when_its_time_is_over() -> None:
    async with crew(section=ProcessSection(max_requests=3, drain_timeout=0.3)) as executor:
        session = await executor.open(request())
        await said(session, "one")
        await calls(executor, 3)
        error = await refused(session.read(), Fault.UNAVAILABLE)
        assert "closed" in error.message
        await eventually(lambda: executor.health().workers == {"ready": 1}, "its worker has left")


async def test_a_worker_with_devices_leaves_before_its_successor_comes_and_calls_wait() -> None:
    allocator = FakeAllocator()
    section = ProcessSection(max_requests=3)
    async with crew(context=Context(allocator), section=section, gpu=GpuSettings()) as executor:
        assert len(await calls(executor, 10)) > 2
    assert [lease.released for lease in allocator.leases] == [1]


async def test_a_spare_takes_the_place_of_one_that_is_worn_out_at_once() -> None:
    allocator = FakeAllocator()
    section = ProcessSection(max_requests=5)
    async with crew({"slow": 0.3}, Context(allocator), section, gpu=GpuSettings(), spares=1) as executor:
        await eventually(lambda: executor.health().workers == {"ready": 2}, "the spare is up")
        assert len(await calls(executor, 5)) <= 2
        # To start one would take 0.3 s for athena_init alone.
        assert await asyncio.wait_for(pid(executor), 0.3) > 0
    assert len(allocator.leases) == 2


async def test_one_that_is_worn_out_works_on_while_no_successor_comes_up(tmp_path: Path) -> None:
    doom = tmp_path / "doom"
    context = Context()
    async with crew({"doom": str(doom)}, context, ProcessSection(max_requests=3)) as executor:
        first = await pid(executor)
        doom.touch()
        assert await calls(executor, 20) == {first}
        await eventually(lambda: restarts(context, "start") >= 2, "it was tried")
        assert await pid(executor) == first
        assert executor.health().ready
        doom.unlink()
        await eventually(
            lambda: restarts(context, "start") > 0 and executor.health().workers == {"ready": 1}, "over", 20
        )
        for _ in range(100):
            if await pid(executor) != first:
                break
            await asyncio.sleep(0.1)
        assert await pid(executor) != first


async def test_seats_that_cannot_start_try_one_after_the_other(tmp_path: Path) -> None:
    doom = tmp_path / "doom"
    context = Context()
    async with crew({"doom": str(doom)}, context, workers=4) as executor:
        pids = {await pid(executor) for _ in range(1)}
        pids |= {worker.pid for worker in executor._staff.pool.workers}  # type: ignore[union-attr]
        doom.touch()
        for one in pids:
            os.kill(one, signal.SIGKILL)
        await eventually(lambda: executor.health().workers.get("failed", 0) > 0, "the breaker is open", 20)
        # Four that may begin together before the first failure is known, and the five that follow it.
        assert restarts(context, "start") <= 4 + 5
        await eventually(lambda: executor.health().workers == {"failed": 4}, "all of them wait", 5)
        error = await refused(executor.once(request()), Fault.UNAVAILABLE)
        assert "has failed" in error.message
