"""Who runs what: no worker is given more than its threads, and what nobody has seen is never lost."""

from __future__ import annotations

import asyncio

import pytest

from athena.errors import Fault, ServiceError
from athena.executors.pool import BRISK
from athena.testing.bounded import refused

from .crew import request
from .fakes import FakeWorker, call, pool


async def test_a_worker_has_never_more_than_its_threads_and_the_rest_waits_in_order() -> None:
    there, (worker,) = pool(threads=2)
    calls = [call(there) for _ in range(5)]
    assert worker.peer.entries == calls[:2]
    worker.peer.answer(1)
    assert worker.peer.entries == calls[:3]
    assert worker.busy == 2
    for index in (0, 2, 3, 4):
        worker.peer.answer(index)
    assert [(await one.future).part("n").data for one in calls] == [b"0", b"1", b"2", b"3", b"4"]
    assert (worker.busy, worker.finished) == (0, 5)


async def test_calls_are_marked_started_when_a_worker_has_them_and_not_before() -> None:
    there, _ = pool(threads=1)
    first, second = call(there), call(there)
    assert first.request.cancellation.started  # type: ignore[union-attr]
    assert not second.request.cancellation.started  # type: ignore[union-attr]


async def test_what_a_dead_worker_never_saw_goes_to_another_before_those_that_waited() -> None:
    there, (one, other) = pool(workers=2, threads=1)
    one.peer.never_written = True
    unseen, seen, waits = call(there), call(there), call(there)
    one.alive = False
    there.died(one, [unseen])
    assert not unseen.request.cancellation.started  # type: ignore[union-attr]
    other.peer.answer(0)
    assert other.peer.entries == [seen, unseen]
    other.peer.answer(1)
    assert other.peer.entries == [seen, unseen, waits]


async def test_an_abandoned_call_that_waits_is_forgotten_and_one_that_runs_is_cancelled() -> None:
    there, (worker,) = pool(threads=1)
    runs, waits = call(there), call(there)
    there.abandon(waits)
    there.abandon(runs)
    assert worker.peer.given_up == [runs]
    assert runs.request.cancelled
    assert waits.request.cancelled
    # The slot is the worker's until it has answered.
    assert worker.busy == 1
    worker.peer.answer(0)
    assert worker.busy == 0
    assert worker.peer.entries == [runs]
    there.abandon(runs)
    assert worker.peer.given_up == [runs]


async def test_an_abandoned_call_that_was_never_written_frees_its_slot_at_once() -> None:
    there, (worker,) = pool(threads=1)
    worker.peer.never_written = True
    first, second = call(there), call(there)
    there.abandon(first)
    assert worker.peer.entries == [first, second]
    assert worker.busy == 1


async def test_a_request_that_cannot_be_sent_is_its_callers_error_and_takes_no_slot() -> None:
    there, (worker,) = pool(threads=1)
    with pytest.raises(ServiceError) as caught:
        call(there, bad="\ud800")
    assert caught.value.fault is Fault.BAD_REQUEST
    assert worker.busy == 0
    first, broken, last = call(there), call(there, bad="\ud800"), call(there)
    worker.peer.answer(0)
    await refused(broken.future, Fault.BAD_REQUEST)
    assert worker.peer.entries == [first, last]


async def test_closing_tells_everybody_who_waits_and_whoever_comes() -> None:
    there, _ = pool(workers=0)
    waits = call(there)
    opening = asyncio.create_task(there.lobby.open(request()))
    await asyncio.sleep(0)
    there.close("odd has failed: no model")
    for one in (waits.future, opening):
        error = await refused(one, Fault.UNAVAILABLE)
        assert error.message == "odd has failed: no model"
    with pytest.raises(ServiceError, match="odd has failed"):
        call(there)


async def test_drain_returns_when_nothing_runs_and_nothing_waits() -> None:
    there, (worker,) = pool(threads=1)
    await asyncio.wait_for(there.drain(), 1)
    calls = [call(there), call(there)]
    draining = asyncio.create_task(there.drain())
    worker.peer.answer(0)
    await asyncio.sleep(0)
    assert not draining.done()
    worker.peer.answer(1)
    await asyncio.wait_for(draining, 1)
    assert all(one.over for one in calls)


async def test_spares_wait_until_they_are_needed() -> None:
    there, (worker,) = pool(threads=1)
    spare = FakeWorker(1)
    there.came(spare)
    call(there)
    waits = call(there)
    assert spare.peer.entries == []
    worker.alive = False
    there.died(worker, [])
    assert spare.peer.entries == [waits]


async def test_what_a_dying_worker_never_saw_is_refused_by_a_pool_that_has_closed() -> None:
    there, (worker,) = pool(threads=1)
    worker.peer.never_written = True
    unseen = call(there)
    there.close("odd has stopped")
    worker.alive = False
    there.died(worker, [unseen])
    await refused(unseen.future, Fault.UNAVAILABLE)


async def test_a_pool_that_was_closed_can_open_again() -> None:
    there, (worker,) = pool()
    there.close("odd has failed")
    there.close("")
    assert worker.peer.entries == [call(there)]


async def test_a_brisk_worker_is_given_a_few_calls_ahead_and_no_more() -> None:
    there, (worker,) = pool(threads=1)
    worker.pace = 0.0001
    calls = [call(there) for _ in range(30)]
    assert worker.peer.entries == calls[:17]
    worker.peer.answer(0)
    assert worker.peer.entries == calls[:18]


async def test_a_free_worker_comes_before_calls_ahead() -> None:
    there, (one, other) = pool(workers=2, threads=1)
    one.pace = other.pace = 0.0001
    calls = [call(there) for _ in range(6)]
    assert one.peer.entries == calls[0::2]
    assert other.peer.entries == calls[1::2]


async def test_a_call_that_waited_long_behind_others_does_not_make_its_worker_slow() -> None:
    there, (worker,) = pool(threads=1)
    worker.pace = 0.0001
    first, second = call(there), call(there)
    first.began -= 1.0
    worker.answered = first.began + 0.9999
    second.began -= 1.0
    worker.peer.answer(0)
    worker.peer.answer(1)
    assert worker.pace < BRISK, "both waited a second; the worker took a tenth of a millisecond for each"


async def test_one_that_is_relieved_and_its_successor_execute_no_more_than_one_may() -> None:
    there, (worker,) = pool(threads=2)
    first, second, third, fourth = (call(there) for _ in range(4))
    fresh = FakeWorker(2)
    there.came(fresh, worker)
    assert fresh.peer.entries == []
    worker.peer.answer(0)
    assert fresh.peer.entries == [third]
    worker.peer.answer(1)
    assert fresh.peer.entries == [third, fourth]
    assert worker.peer.entries == [first, second]
    drained = asyncio.create_task(there.drain())
    fresh.peer.answer(0)
    fresh.peer.answer(1)
    await asyncio.wait_for(drained, 1)


async def test_a_spare_takes_the_place_of_one_that_was_killed_only_when_that_is_dead() -> None:
    there, (worker,) = pool(threads=1)
    spare = FakeWorker(1)
    there.came(spare)
    call(there)
    waits = call(there)
    there.retire(worker)
    assert spare.peer.entries == []
    worker.alive = False
    there.died(worker, [])
    assert spare.peer.entries == [waits]


async def test_a_worker_that_has_answered_as_often_as_it_may_says_that_it_is_worn_out() -> None:
    there, (worker,) = pool(threads=1)
    worker.bound = 2
    call(there)
    worker.peer.answer(0)
    assert worker.worn == ""
    call(there)
    worker.peer.answer(1)
    assert worker.worn == "max_requests"
