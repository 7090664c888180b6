"""Who waits and who runs: admission, validation and limits before an executor."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter

import attrs
import pytest

from athena import Wrapper, fields, hookimpl
from athena.errors import Executed, Fault, PluginBroken, ServiceError
from athena.executors.clock import Clock
from athena.executors.thread import ThreadExecutor
from athena.models import Description, Health, Limits, Part, Reply, Request, ServiceSettings
from athena.service import Service
from athena.testing.bounded import eventually, refused

from ..gate import ONCE, Gate, request, serving


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


async def test_what_the_executor_raises_comes_through_and_frees_the_slot() -> None:
    gate = Gate()
    service = await serving(gate)
    gate.gate.set()
    for error in (ServiceError(Fault.WORKER_LOST, "gone", executed=Executed.UNKNOWN), ValueError("a defect")):
        gate.failure = error
        with pytest.raises(type(error)):
            await service.once(request(), None)
        assert service.admission.running == 0


async def test_the_meters_moment_is_after_admission_and_validation_and_before_dispatch() -> None:
    gate = Gate(Description(inputs=(fields.text("text"),), operations=ONCE))
    service = await serving(gate)
    gate.gate.set()
    began: list[int] = []
    await refused(service.once(request(), lambda: began.append(gate.began)), Fault.BAD_REQUEST)
    assert (began, gate.began) == ([], 0)
    await service.once(request(Part.from_text("text", "x")), lambda: began.append(gate.began))
    assert began == [0]

    def closed() -> None:
        raise ServiceError(Fault.UNAVAILABLE, "the meter is full")

    await refused(service.once(request(Part.from_text("text", "x")), closed), Fault.UNAVAILABLE)
    assert gate.began == 1
    assert service.admission.running == 0


async def test_sessions_are_counted_and_limited_and_a_session_that_left_makes_room() -> None:
    gate = Gate(Description(operations=frozenset({"session"})))
    gate.gate.set()
    service = await serving(gate, max_sessions=2)
    until = time.monotonic() + 10
    for _ in range(2):
        await service.open(request(), until, None)
    error = await refused(service.open(request(), until, None), Fault.OVERLOADED)
    assert error.retry_after
    service.left()
    await service.open(request(), until, None)
    assert service.sessions == 2


async def test_a_session_that_could_not_be_opened_takes_no_place() -> None:
    gate = Gate(Description(operations=frozenset({"session"}), params=(fields.integer("n"),)))
    service = await serving(gate, max_sessions=1)
    await refused(service.open(request(n="many"), time.monotonic() + 5, None), Fault.BAD_REQUEST)
    late = await refused(service.open(request(), time.monotonic() + 0.05, None), Fault.DEADLINE)
    assert late.executed is Executed.NO
    gate.gate.set()
    gate.failure = ServiceError(Fault.USER_ERROR, "no")
    await refused(service.open(request(), time.monotonic() + 5, None), Fault.USER_ERROR)
    assert service.sessions == 0


async def test_what_a_wrapper_has_not_is_unsupported() -> None:
    gate = Gate()
    service = await serving(gate)
    await refused(service.open(request(), time.monotonic() + 5, None), Fault.UNSUPPORTED)
    talker = await serving(Gate(Description(operations=frozenset({"session"}))))
    await refused(talker.once(request(), None), Fault.UNSUPPORTED)
    assert (service.sessions, talker.admission.running) == (0, 0)


async def test_a_write_is_checked_against_the_description_without_asking_for_all_of_it() -> None:
    described = Description(inputs=(fields.text("a"), fields.text("b")), operations=frozenset({"session"}))
    service = await serving(Gate(described))
    service.check_write(request(Part.from_text("a", "x")))
    with pytest.raises(ServiceError) as caught:
        service.check_write(request(Part("c", b"")))
    assert caught.value.fault is Fault.BAD_REQUEST


async def test_an_executor_that_refuses_to_start_is_not_ready_and_says_why() -> None:
    gate = Gate()
    gate.failure = PluginBroken("athena_init raised ValueError: no model")
    service = Service(ServiceSettings("s"), gate, Clock(), lambda: None)
    with pytest.raises(PluginBroken):
        await service.start()
    assert service.view().health == Health(False, "athena_init raised ValueError: no model")


async def test_new_limits_hold_at_once_and_let_in_who_waits() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=1, queue=10)
    tasks = [asyncio.create_task(service.once(request(), None)) for _ in range(6)]
    await asyncio.sleep(0.01)
    assert gate.running == 1
    await service.reload(attrs.evolve(service.settings, max_concurrency=4), None)
    await asyncio.sleep(0.01)
    assert gate.running == 4
    await service.reload(attrs.evolve(service.settings, max_concurrency=1, queue=0), None)
    await refused(service.once(request(), None), Fault.OVERLOADED)
    gate.gate.set()
    assert await settled(tasks) == {"Reply": 6}
