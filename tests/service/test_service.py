"""What a service does before its executor: validation, the meters' moment, streams, sessions."""

from __future__ import annotations

import time

import pytest

from athena import fields
from athena.errors import Executed, Fault, PluginBroken, ServiceError
from athena.executors.clock import Clock
from athena.models import Description, Health, Part, ServiceSettings
from athena.service import Service
from athena.testing.bounded import refused

from .gate import ONCE, Gate, request, serving


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
        _, home = await service.open(request(), until, None)
    error = await refused(service.open(request(), until, None), Fault.OVERLOADED)
    assert error.retry_after
    service.left(home, request())
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
    check = service.generations.current.check_of_writes()
    assert check is not None
    check(request(Part.from_text("a", "x")))
    with pytest.raises(ServiceError) as caught:
        check(request(Part("c", b"")))
    assert caught.value.fault is Fault.BAD_REQUEST
    free = await serving(Gate(Description(operations=frozenset({"session"}))))
    assert free.generations.current.check_of_writes() is None, (
        "where nothing is described, nothing is asked for each frame"
    )


async def test_an_executor_that_refuses_to_start_is_not_ready_and_says_why() -> None:
    gate = Gate()
    gate.failure = PluginBroken("athena_init raised ValueError: no model")
    service = Service(ServiceSettings("s"), gate, Clock(), lambda: None)
    with pytest.raises(PluginBroken):
        await service.start()
    assert service.view().health == Health(False, "athena_init raised ValueError: no model")


async def test_who_would_wait_where_nothing_is_executed_any_more_is_told_at_once() -> None:
    gate = Gate()
    gate.refusal = ServiceError(Fault.OVERLOADED, "all threads are lost", retry_after=5.0)
    service = await serving(gate, queue=8)
    while service.admission.try_enter():
        pass
    for call in (service.once(request(), None), service.stream(request(), None).__anext__()):
        error = await refused(call, Fault.OVERLOADED)
        assert error.message == "all threads are lost"
    assert service.admission.waiting == 0
