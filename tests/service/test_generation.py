"""A new executor takes over while calls and sessions are on the old one: they end where they began."""

from __future__ import annotations

import asyncio
import time

import attrs
from attrs import evolve

from athena.models import Description, Health, ServiceSettings, WorkerView
from athena.service import Generation, Service
from athena.testing.bounded import eventually

from .gate import ONCE, Gate, request, serving

BOTH = frozenset({"once", "session"})


class Watched(Gate):
    """Says how often it was stopped; drains when nothing is on it."""

    def __init__(self, description: Description | None = None) -> None:
        super().__init__(description)
        self.stops = 0

    def health(self) -> Health:
        return Health(True, "", {"ready": 2})

    def workers(self) -> tuple[WorkerView, ...]:
        return (WorkerView(1, "ready"),)

    async def drain(self) -> None:
        while self.running:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def stop(self, grace: float | None = None) -> None:
        self.stops += 1


async def warm(service: Service, **keys: int) -> tuple[ServiceSettings, Generation, Watched]:
    gate = Watched(Description(operations=BOTH))
    gate.gate.set()
    table = evolve(service.settings, **keys)
    generation = Generation(table, gate)
    await generation.start()
    return table, generation, gate


async def test_calls_and_sessions_end_where_they_began_and_then_the_old_one_is_stopped() -> None:
    old = Watched(Description(operations=BOTH))
    service = await serving(old, workers=4)
    call = asyncio.create_task(service.once(request(), None))
    await eventually(lambda: old.running == 1, "the call runs")
    old.gate.set()
    _, home = await service.open(request(), time.monotonic() + 5, None)
    table, generation, new = await warm(service, workers=4)
    service.settle(table, generation)
    assert service.executor is new
    assert service.view().health.workers == {"ready": 2, "draining": 2}
    assert [worker.state for worker in service.generations.workers()] == ["ready", "draining"]
    await asyncio.wait_for(call, 5)
    await service.once(request(), None)
    assert (old.began, new.began) == (1, 1)
    assert service.sessions == 1
    await asyncio.sleep(0.1)
    assert old.stops == 0, "a session is still on it"
    service.left(home, request())
    await eventually(lambda: old.stops == 1, "the old one is stopped")
    assert service.generations.retiring == {}
    assert service.view().health.workers == {"ready": 2}
    assert service.sessions == 0


async def test_sessions_of_all_generations_count_against_the_limit() -> None:
    old = Watched(Description(operations=BOTH))
    old.gate.set()
    service = await serving(old, max_sessions=2)
    await service.open(request(), time.monotonic() + 5, None)
    table, generation, _ = await warm(service, max_sessions=2)
    service.settle(table, generation)
    await service.open(request(), time.monotonic() + 5, None)
    assert service.sessions == 2
    await service.generations.stop()


async def test_what_checks_requests_changes_with_the_generation() -> None:
    service = await serving(Watched(Description(operations=ONCE)))
    table, generation, _ = await warm(service)
    assert "session" not in service.view().description.operations
    service.settle(table, generation)
    assert "session" in service.view().description.operations
    await service.open(request(), time.monotonic() + 5, None)


async def test_stopping_stops_every_generation() -> None:
    old = Watched(Description(operations=BOTH))
    old.gate.set()
    service = await serving(old)
    await service.open(request(), time.monotonic() + 5, None)
    table, generation, new = await warm(service)
    service.settle(table, generation)
    await service.generations.stop()
    assert (old.stops, new.stops) == (1, 1)


async def test_a_service_that_is_removed_finishes_what_it_has() -> None:
    gate = Watched(Description(operations=BOTH))
    service = await serving(gate)
    calls = [asyncio.create_task(service.once(request(), None)) for _ in range(2)]
    await eventually(lambda: gate.running == 2, "both run")
    removing = asyncio.create_task(service.retire())
    await asyncio.sleep(0.15)
    assert (removing.done(), gate.stops) == (False, 0)
    gate.gate.set()
    await asyncio.wait_for(asyncio.gather(*calls), 5)
    await asyncio.wait_for(removing, 5)
    assert gate.stops == 1


async def test_why_one_did_not_come_up_is_kept() -> None:
    gate = Gate()
    gate.failure = ValueError("no model")
    generation = Generation(ServiceSettings("s"), gate)
    (outcome,) = await asyncio.gather(generation.start(), return_exceptions=True)
    assert isinstance(outcome, ValueError)
    assert attrs.asdict(generation.health()) == {"ready": False, "reason": "no model", "workers": {}}
