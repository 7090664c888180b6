"""Priorities: who goes first, who has to make room, what goes ahead to the lanes, and what a full house hints."""

from __future__ import annotations

import asyncio
import threading
import time

import attrs
import pytest

from athena import Wrapper, hookimpl
from athena.errors import Executed, Fault, ServiceError
from athena.executors.clock import Clock
from athena.executors.thread import ThreadExecutor
from athena.link.token import Token
from athena.models import BatchSettings, Limits, Reply, Request, ServiceSettings
from athena.service import Service, rank
from athena.service.admission import AHEAD, LATEST, RETRY_AFTER, Admission
from athena.testing.bounded import eventually, refused

from .gate import Gate, request, serving


def urgent(level: int, within: float = 30.0) -> Request:
    return attrs.evolve(request(within=within), headers={"x-priority": str(level)}, cancellation=Token())


async def test_the_most_urgent_is_served_first_and_equals_in_the_order_of_arrival() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=1, queue=20)
    order: list[tuple[int, int]] = []
    running = asyncio.create_task(service.once(request(), None))
    await asyncio.sleep(0.01)

    async def call(level: int, number: int) -> None:
        await service.once(urgent(level), lambda: order.append((level, number)))

    levels = (4, 0, 9, 4, 9, 0, 7)
    tasks = [asyncio.create_task(call(level, number)) for number, level in enumerate(levels)]
    await asyncio.sleep(0.01)
    gate.gate.set()
    await asyncio.wait_for(asyncio.gather(running, *tasks), 10)
    assert order == [(9, 2), (9, 4), (7, 6), (4, 0), (4, 3), (0, 1), (0, 5)]


async def test_a_more_urgent_call_takes_the_place_of_the_least_urgent_that_came_last() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=1, queue=3)
    tasks = {"running": asyncio.create_task(service.once(request(), None))}
    await asyncio.sleep(0.01)
    for name, level in (("first", 2), ("second", 2), ("third", 5)):
        tasks[name] = asyncio.create_task(service.once(urgent(level), None))
        await asyncio.sleep(0.001)
    await refused(service.once(urgent(2), None), Fault.OVERLOADED)  # equals make no room for one another
    tasks["urgent"] = asyncio.create_task(service.once(urgent(9), None))
    error = await refused(tasks["second"], Fault.OVERLOADED)
    assert (error.executed, service.admission.displaced, service.admission.waiting) == (Executed.NO, 1, 3)
    assert error.retry_after
    gate.gate.set()
    for name in ("running", "first", "third", "urgent"):
        await asyncio.wait_for(tasks[name], 5)
    assert (service.admission.running, service.admission.waiting, gate.began) == (0, 0, 4)


async def test_a_displaced_call_whose_caller_goes_at_that_moment_leaves_nothing_behind() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=1, queue=1)
    running = asyncio.create_task(service.once(request(), None))
    await asyncio.sleep(0.01)
    unlucky = asyncio.create_task(service.once(urgent(0), None))
    await asyncio.sleep(0.01)
    assert service.admission.displace(rank(urgent(9), time.monotonic()))
    unlucky.cancel()
    await asyncio.wait([unlucky], timeout=5)
    assert unlucky.cancelled()
    gate.gate.set()
    await asyncio.wait_for(running, 5)
    assert (service.admission.running, service.admission.waiting) == (0, 0)


async def test_what_expires_in_the_line_is_dropped_and_counted_and_never_runs() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=1, queue=5)
    running = asyncio.create_task(service.once(request(), None))
    await asyncio.sleep(0.01)
    late = asyncio.create_task(service.once(request(within=0.05), None))
    gone = asyncio.create_task(service.once(request(), None))
    await asyncio.sleep(0.01)
    gone.cancel()
    await asyncio.wait([gone], timeout=5)
    # The loop is held up past the deadline: the slot comes free before the clock has told anybody.
    time.sleep(0.1)  # noqa: ASYNC251
    running.cancel()
    await asyncio.wait([running], timeout=5)
    error = await refused(late, Fault.DEADLINE)
    assert error.executed is Executed.NO
    assert (gate.began, service.admission.expired, service.admission.cancelled) == (1, 1, 1)
    assert (service.admission.running, service.admission.waiting) == (0, 0)


async def test_behind_slow_calls_hardly_anything_goes_ahead_so_an_urgent_one_is_next() -> None:
    began: list[str] = []
    release = threading.Semaphore(0)

    class Slow(Wrapper):
        @hookimpl
        def athena_once_exec(self, request: Request) -> Reply:
            began.append(request.headers.get("x-priority", "-"))
            release.acquire(timeout=20)
            return Reply()

    settings = ServiceSettings("s", executor="thread", threads=1, queue=40)
    executor = ThreadExecutor(settings, Limits(), lambda: None, Slow)
    service = Service(settings, executor, Clock(), lambda: None)
    await service.start()
    try:
        tasks = [asyncio.create_task(service.once(request(), None)) for _ in range(20)]
        await eventually(lambda: len(began) == 1, "one runs")
        for number in range(8):  # enough to learn the pace: 20 ms and more each
            await asyncio.sleep(0.02)
            release.release()
            await eventually(lambda count=number + 2: len(began) == count, "the next one runs")
        tasks.append(asyncio.create_task(service.once(urgent(9), None)))
        await asyncio.sleep(0.01)
        release.release()
        await eventually(lambda: len(began) == 10, "the next one runs")
        assert began[-1] == "9"
        for _ in tasks:
            release.release()
        await asyncio.wait_for(asyncio.gather(*tasks), 10)
    finally:
        for _ in range(50):
            release.release()
        await executor.stop()


async def test_quick_calls_go_ahead_to_the_lanes_and_slow_ones_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    admission = Admission(ServiceSettings("s", threads=4, queue=100))

    def limit(seconds: float) -> int:
        admission._pace.seconds = seconds
        admission.resize(admission._settings)
        return admission._limit

    assert limit(0.0) == 4  # nothing is known yet
    assert limit(0.0025) == 4 + 2
    assert limit(0.00001) == 4 + AHEAD
    assert limit(1.0) == 4


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        (ServiceSettings("s", threads=4, max_concurrency=2), 2),
        (ServiceSettings("s", threads=4, max_concurrency=100), 4),
        (ServiceSettings("s", threads=4, batch=BatchSettings(), queue=10), 14),
        (ServiceSettings("s", executor="remote", max_concurrency=100), 100),
    ],
)
async def test_what_is_handed_over_at_once_is_what_can_execute(settings: ServiceSettings, limit: int) -> None:
    admission = Admission(settings)
    assert [admission.try_enter() for _ in range(limit + 1)] == [True] * limit + [False]


async def test_the_hint_of_a_full_house_is_when_those_who_wait_will_have_been_served() -> None:
    admission = Admission(ServiceSettings("s", threads=1, queue=9))

    async def once() -> None:
        await admission.enter(request())
        await asyncio.sleep(0.05)
        admission.leave()

    assert admission.hint == RETRY_AFTER
    tasks = [asyncio.create_task(once()) for _ in range(10)]
    await eventually(lambda: admission.waiting == 4, "six have left")
    tasks += [asyncio.create_task(once()) for _ in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(ServiceError) as refusal:
        await admission.enter(request())
    hint = refusal.value.retry_after
    assert hint is not None
    assert 0.45 <= hint <= 2.0, "ten calls of 50 ms"
    await asyncio.wait_for(asyncio.gather(*tasks), 10)
    admission._pace.seconds = 1000.0
    assert admission.hint == LATEST
