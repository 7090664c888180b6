"""A seat: leases kept over restarts, back-off that counts the right deaths, and a breaker."""

from __future__ import annotations

import asyncio
import os
import signal
from types import SimpleNamespace

import pytest

from athena.errors import Fault, ServiceError
from athena.executors import seat
from athena.executors.process import ProcessExecutor
from athena.executors.seat import Backoff
from athena.models import GpuSettings
from athena.testing.bounded import eventually

from .crew import Context, FakeAllocator, crew, seen, settings


class Clock:
    """time.monotonic and asyncio's waiting, without waiting."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(seat, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(seat, "random", SimpleNamespace(uniform=lambda low, high: 1.0))


async def test_starts_that_fail_come_slower_and_slower_and_then_the_breaker_opens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, backoff = Clock(monkeypatch), Backoff()
    waits = []
    for _ in range(8):
        backoff.failed("no")
        waits.append(round(backoff._until - clock.now, 3))
        clock.now = backoff._until
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 30.0, 30.0, 30.0]
    assert backoff.tripped
    assert backoff.reason == "no"
    # Ten starts in 60 s at the most; and it is tried for ever, for what was broken may be mended.
    backoff.succeeded()
    assert not backoff.tripped
    for _ in range(20):
        clock.now += 20
        backoff.failed("now and then")
    assert not backoff.tripped


async def test_seats_that_fail_together_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    backoff = Backoff()
    for _ in range(64):
        backoff.failed("the model is gone")
    assert not backoff.tripped


async def test_success_and_a_new_configuration_begin_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, backoff = Clock(monkeypatch), Backoff()
    for _ in range(6):
        backoff.failed("no")
        clock.now = backoff._until
    backoff.failed("no")
    waiting = asyncio.create_task(backoff.wait())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    backoff.clear()
    await asyncio.wait_for(waiting, 1)
    assert not backoff.tripped
    await asyncio.wait_for(backoff.wait(), 1)


async def test_a_lease_is_taken_before_the_spawn_kept_over_a_restart_and_given_back_once() -> None:
    allocator = FakeAllocator()
    async with crew(context=Context(allocator), gpu=GpuSettings(), workers=2) as executor:
        assert len(allocator.leases) == 2
        there = await seen(executor)
        held = there["devices"]
        assert there["environment"]["CUDA_VISIBLE_DEVICES"] == held[0]
        os.kill(there["pid"], signal.SIGKILL)
        await eventually(lambda: executor.health().workers != {"ready": 2}, "its death is known")
        await eventually(lambda: executor.health().workers == {"ready": 2}, "it is back")
        assert len(allocator.leases) == 2
        assert all(lease.released == 0 for lease in allocator.leases)
    assert [lease.released for lease in allocator.leases] == [1, 1]


async def test_a_worker_runs_on_the_processors_of_its_lease() -> None:
    cpu = max(os.sched_getaffinity(0))

    class Near(FakeAllocator):
        def lease(self, ask: object) -> seat.Lease:
            made = super().lease(ask)
            made.cpus = frozenset({cpu})
            return made

    async with crew(context=Context(Near()), gpu=GpuSettings()) as executor:
        assert (await seen(executor))["cpus"] == [cpu]


async def test_a_lost_device_costs_its_worker_and_another_is_leased() -> None:
    allocator = FakeAllocator()
    async with crew(context=Context(allocator), gpu=GpuSettings()) as executor:
        first = await seen(executor)
        allocator.leases[0].lost("fell off the bus")
        await eventually(lambda: len(allocator.leases) == 2, "another one is leased")
        await eventually(lambda: executor.health().ready, "it is back")
        second = await seen(executor)
        assert (first["devices"], second["devices"]) == (["GPU-0"], ["GPU-1"])
        assert [lease.released for lease in allocator.leases] == [1, 0]


async def test_no_free_device_refuses_the_start_with_the_allocators_reason() -> None:
    class Empty(FakeAllocator):
        def lease(self, ask: object) -> seat.Lease:
            raise ServiceError(Fault.UNAVAILABLE, "0 of 2 GPUs are free")

    executor = ProcessExecutor(settings(gpu=GpuSettings()), Context(Empty()), lambda: None)
    with pytest.raises(ServiceError, match="0 of 2 GPUs are free"):
        await asyncio.wait_for(executor.start(), 10)
