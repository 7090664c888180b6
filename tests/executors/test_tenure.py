"""A tenure: leased before the spawn, kept over restarts, given back once, and what a lost device costs."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from athena.errors import Fault, ServiceError
from athena.executors.process import ProcessExecutor
from athena.interfaces import Lease
from athena.models import GpuSettings
from athena.testing.bounded import eventually

from .crew import Context, FakeAllocator, crew, seen, settings


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
        def lease(self, ask: object) -> Lease:
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
        def lease(self, ask: object) -> Lease:
            raise ServiceError(Fault.UNAVAILABLE, "0 of 2 GPUs are free")

    executor = ProcessExecutor(settings(gpu=GpuSettings()), Context(Empty()), lambda: None)
    with pytest.raises(ServiceError, match="0 of 2 GPUs are free"):
        await asyncio.wait_for(executor.start(), 10)
