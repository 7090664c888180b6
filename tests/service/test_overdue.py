"""Until when: what a passed deadline means to whoever waited, ran, read or opened."""

from __future__ import annotations

import asyncio
import time

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.link.token import Token
from athena.service import Overdue
from athena.testing.bounded import refused

from .gate import Gate, request, serving


async def test_a_deadline_that_passes_while_waiting_means_it_was_not_executed() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=1)
    running = asyncio.create_task(service.once(request(), None))
    await asyncio.sleep(0.01)
    error = await refused(service.once(request(within=0.1), None), Fault.DEADLINE)
    assert error.executed is Executed.NO
    assert gate.began == 1
    assert service.admission.waiting == 0
    gate.gate.set()
    await asyncio.wait_for(running, 5)
    await asyncio.wait_for(service.once(request(), None), 5)


async def test_a_deadline_that_passes_while_running_leaves_it_unknown_and_cancels() -> None:
    gate = Gate()
    service = await serving(gate)
    late = request(within=0.1)
    began = time.monotonic()
    error = await refused(service.once(late, None), Fault.DEADLINE)
    assert error.executed is Executed.UNKNOWN
    assert time.monotonic() - began >= 0.1, "a deadline never fires early"
    assert late.cancellation is not None
    assert late.cancellation.cancelled
    assert service.admission.running == 0


async def test_a_deadline_leaves_no_cancellation_behind_in_its_task() -> None:
    gate = Gate()
    service = await serving(gate)

    async def caller() -> str:
        with pytest.raises(ServiceError):
            await service.once(request(within=0.05), None)
        await asyncio.sleep(0.05)
        return "went on"

    assert await asyncio.wait_for(asyncio.create_task(caller()), 5) == "went on"


async def test_a_streams_deadline_reaches_whoever_waits_for_its_next_item() -> None:
    gate = Gate()
    service = await serving(gate)
    stream = service.stream(request(within=0.2), None)
    for _ in range(3):
        await asyncio.create_task(anext(stream))  # a different task each time, as a transport may
    error = await refused(asyncio.create_task(anext(stream)), Fault.DEADLINE)
    assert error.executed is Executed.UNKNOWN
    assert (service.admission.running, gate.running) == (0, 0)


async def test_a_stream_whose_reader_lingers_past_the_deadline_is_told_at_its_next_read() -> None:
    gate = Gate()
    service = await serving(gate)
    stream = service.stream(request(within=0.05), None)
    await anext(stream)
    await asyncio.sleep(0.2)
    await refused(asyncio.create_task(anext(stream)), Fault.DEADLINE)
    assert (service.admission.running, gate.running) == (0, 0)


async def test_a_wrapper_that_saw_the_deadline_first_is_late_and_not_cancelled() -> None:
    gate = Gate()
    service = await serving(gate)
    gate.gate.set()
    gate.failure = ServiceError(Fault.CANCELLED, "the call was cancelled", executed=Executed.YES)
    await refused(service.once(request(within=-0.001), None), Fault.DEADLINE)
    await refused(service.once(request(within=30), None), Fault.CANCELLED)


async def test_a_stream_that_is_revoked_ends_with_that_fault_and_its_wrapper_is_told() -> None:
    gate = Gate()
    service = await serving(gate)
    asked = request()
    replies = service.stream(asked, None)
    for _ in range(3):
        await replies.__anext__()
    (overdue,) = service.streams
    assert overdue.principal is asked.principal
    waiting = asyncio.create_task(anext(replies))
    await asyncio.sleep(0.01)
    overdue.revoke(ServiceError(Fault.UNAUTHENTICATED, "gone"))
    overdue.revoke(ServiceError(Fault.FORBIDDEN, "the first end holds"))
    await refused(waiting, Fault.UNAUTHENTICATED)
    assert asked.cancelled
    assert (service.streams, service.admission.running) == (set(), 0)


async def test_a_stream_revoked_while_its_reader_is_busy_ends_at_the_next_item() -> None:
    gate = Gate()
    service = await serving(gate)
    replies = service.stream(request(), None)
    await replies.__anext__()
    (overdue,) = service.streams
    overdue.revoke(ServiceError(Fault.UNAUTHENTICATED, "gone"))
    await refused(replies.__anext__(), Fault.UNAUTHENTICATED)
    assert service.streams == set()


async def test_whoever_is_dismissed_is_told_that_the_server_goes_and_how_far_the_call_had_come() -> None:
    gate = Gate()
    service = await serving(gate, max_concurrency=1)
    running, waiting = (asyncio.create_task(service.once(request(within=30), None)) for _ in range(2))
    await asyncio.sleep(0.02)
    for held in service.clock.held():
        assert isinstance(held, Overdue)
        held.dismiss()
    begun = await refused(running, Fault.UNAVAILABLE)
    unbegun = await refused(waiting, Fault.UNAVAILABLE)
    assert (begun.executed, unbegun.executed) == (Executed.UNKNOWN, Executed.NO)
    assert "shutting down" in begun.message


async def test_a_deadline_that_passes_while_the_reader_is_busy_lets_the_wrapper_go_at_once() -> None:
    gate = Gate()
    service = await serving(gate)
    asked = request(within=0.1)
    token = asked.cancellation
    assert isinstance(token, Token)
    released: list[float] = []
    token.on_cancel(lambda: released.append(time.monotonic()))
    replies = service.stream(asked, None)
    await replies.__anext__()
    await asyncio.sleep(0.2)  # it writes to a client that does not read
    assert released
    assert service.admission.running == 0
    await refused(replies.__anext__(), Fault.DEADLINE)
