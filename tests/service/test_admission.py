"""Who executes, who waits and who is told at once; and no slot is lost, however its caller ends."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter

import attrs
import pytest

from athena import Wrapper, hookimpl
from athena.errors import Executed, Fault, ServiceError
from athena.executors.clock import Clock
from athena.executors.thread import ThreadExecutor
from athena.models import Limits, Reply, Request, ServiceSettings
from athena.service import Service
from athena.testing.bounded import eventually, refused

from .gate import Gate, request, serving


async def settled(tasks: list[asyncio.Task[Reply]]) -> Counter[str]:
    outcomes = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
    names = [
        outcome.fault.name if isinstance(outcome, ServiceError) else type(outcome).__name__ for outcome in outcomes
    ]
    return Counter(names)


async def test_of_a_thousand_calls_at_once_four_run_eight_wait_and_the_rest_hear_it_at_once() -> None:
    gate = Gate()
    service = await serving(gate)
    tasks = [asyncio.create_task(service.once(request(), None)) for _ in range(1000)]
    await asyncio.sleep(0.2)
    done = [task for task in tasks if task.done()]
    assert len(done) == 988, "who is not admitted must not wait"
    errors = [task.exception() for task in done]
    assert {error.fault for error in errors if isinstance(error, ServiceError)} == {Fault.OVERLOADED}
    assert all(isinstance(error, ServiceError) and error.retry_after and error.retry_after > 0 for error in errors)
    assert all(isinstance(error, ServiceError) and error.executed is Executed.NO for error in errors)
    assert (gate.running, service.admission.running, service.admission.waiting) == (4, 4, 8)
    gate.gate.set()
    assert await settled(tasks) == {"Reply": 12, "OVERLOADED": 988}
    assert gate.most == 4
    assert (service.admission.running, service.admission.waiting) == (0, 0)


@pytest.mark.parametrize(("queue", "admitted"), [(0, 4), (8, 12), (100, 104)])
async def test_where_the_threads_are_the_bound_the_same_holds_in_the_wrapper(queue: int, admitted: int) -> None:
    release, lock, now, most = threading.Event(), threading.Lock(), [0], [0]

    class Counting(Wrapper):
        @hookimpl
        def athena_once_exec(self, request: Request) -> Reply:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            release.wait(20)
            with lock:
                now[0] -= 1
            return Reply()

    settings = ServiceSettings("s", threads=4, queue=queue)
    executor = ThreadExecutor(settings, Limits(), lambda: None, Counting)
    service = Service(settings, executor, Clock(), lambda: None)
    await service.start()
    try:
        tasks = [asyncio.create_task(service.once(request(), None)) for _ in range(300)]
        await eventually(lambda: now[0] == 4, "four run")
        await asyncio.sleep(0.05)
        assert len([task for task in tasks if not task.done()]) == admitted
        assert service.admission.waiting == queue
        release.set()
        assert await settled(tasks) == {"Reply": admitted, "OVERLOADED": 300 - admitted}
        assert most == [4]
    finally:
        release.set()
        await executor.stop()


async def test_who_waits_is_served_in_the_order_of_arrival() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=1, queue=20)
    order: list[int] = []

    async def call(number: int) -> None:
        await service.once(request(), lambda: order.append(number))

    tasks = [asyncio.create_task(call(number)) for number in range(20)]
    await asyncio.sleep(0.05)
    gate.gate.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 10)
    assert order == list(range(20))


async def test_a_newcomer_does_not_overtake_who_waits() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=1, queue=5)
    order: list[str] = []
    first = asyncio.create_task(service.once(request(), lambda: order.append("first")))
    await asyncio.sleep(0.01)
    waiting = asyncio.create_task(service.once(request(), lambda: order.append("waiting")))
    await asyncio.sleep(0.01)
    first.cancel()
    newcomer = asyncio.create_task(service.once(request(), lambda: order.append("newcomer")))
    await asyncio.sleep(0.01)
    gate.gate.set()
    await asyncio.wait_for(asyncio.gather(waiting, newcomer), 5)
    assert order == ["first", "waiting", "newcomer"]


async def test_new_limits_hold_at_once_and_let_in_who_waits() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=1, queue=10)
    tasks = [asyncio.create_task(service.once(request(), None)) for _ in range(6)]
    await asyncio.sleep(0.01)
    assert gate.running == 1
    service.settle(attrs.evolve(service.settings, max_concurrency=4))
    await asyncio.sleep(0.01)
    assert gate.running == 4
    service.settle(attrs.evolve(service.settings, max_concurrency=1, queue=0))
    await refused(service.once(request(), None), Fault.OVERLOADED)
    gate.gate.set()
    assert await settled(tasks) == {"Reply": 6}


async def test_a_cancelled_caller_frees_its_place_wherever_it_was() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=2, queue=2)
    tasks = [asyncio.create_task(service.once(request(), None)) for _ in range(4)]
    await asyncio.sleep(0.01)
    for task in (tasks[1], tasks[2]):  # one that runs and one that waits
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await asyncio.sleep(0.01)
    assert (service.admission.running, service.admission.waiting) == (2, 0)
    gate.gate.set()
    await asyncio.wait_for(asyncio.gather(tasks[0], tasks[3]), 5)
    assert (service.admission.running, service.admission.waiting) == (0, 0)


async def test_a_slot_handed_over_in_the_moment_its_caller_goes_is_not_lost() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=1, queue=2)
    running = asyncio.create_task(service.once(request(), None))
    await asyncio.sleep(0.01)
    unlucky = asyncio.create_task(service.once(request(), None))
    waiting = asyncio.create_task(service.once(request(), None))
    await asyncio.sleep(0.01)
    gate.gate.set()
    while not running.done():  # noqa: ASYNC110  to stop in the very turn of the loop in which the slot went over
        await asyncio.sleep(0)
    unlucky.cancel()
    await asyncio.wait([unlucky, waiting], timeout=5)
    assert waiting.done()
    assert waiting.exception() is None
    assert (service.admission.running, service.admission.waiting) == (0, 0)


async def test_after_any_mixture_of_ends_no_slot_is_missing() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=3, queue=40)
    gate.gate.set()
    tasks: list[asyncio.Task[Reply]] = []
    for number in range(400):
        within = 30.0 if number % 3 else 0.001
        tasks.append(asyncio.create_task(service.once(request(within=within), None)))
        if number % 5 == 0:
            tasks[number // 2].cancel()
        if number % 7 == 0:
            await asyncio.sleep(0)
    await asyncio.wait(tasks, timeout=20)
    assert (service.admission.running, service.admission.waiting, gate.running) == (0, 0, 0)
    assert gate.most <= 3
    await asyncio.wait_for(asyncio.gather(*(service.once(request(), None) for _ in range(3))), 5)
