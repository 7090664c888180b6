"""Who runs what: no worker is given more than its threads, and what nobody has seen is never lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from athena.errors import Fault, ServiceError
from athena.executors.pool import Pool
from athena.link.entries import Once
from athena.link.frames import DONE, Frame
from athena.link.heads import encode_reply
from athena.models import Limits, Part, Reply
from athena.testing.bounded import eventually, refused

from .crew import request, settings


class FakePeer:
    """Keeps what is begun; answers when it is told to."""

    def __init__(self) -> None:
        self.entries: list[Any] = []  # Any: calls and sessions
        self.given_up: list[Any] = []
        self.never_written = False
        self.outgoing = self

    def begin(self, kind: int, entry: Any, *rest: object) -> None:
        entry.id = len(self.entries) + 1
        entry.written = not self.never_written
        self.entries.append(entry)

    def give_up(self, kind: int, entry: Any) -> bool:
        self.given_up.append(entry)
        return self.never_written

    def post(self, *frame: object) -> None: ...

    def answer(self, index: int) -> None:
        head, segments, _ = encode_reply(Reply((Part("n", str(index).encode()),)))
        self.entries[index].take(Frame(DONE, 1, head, b"".join(segments)))


class FakeWorker:
    """What a pool sees of a worker."""

    def __init__(self) -> None:
        self.busy = 0
        self.finished = 0
        self.alive = True
        self.pace = 1.0
        self.sessions: set[Any] = set()
        self.peer = FakePeer()
        self.killed = ""

    def kill(self, why: str) -> None:
        self.killed = why


def pool(workers: int = 1, threads: int = 2, **keys: Any) -> tuple[Any, list[FakeWorker]]:  # Any: takes fakes
    made = Pool(settings(workers=workers, threads=threads, **keys), Limits(default_deadline=0.1))
    crew = [FakeWorker() for _ in range(workers)]
    for worker in crew:
        made.came(worker)  # type: ignore[arg-type]
    return made, crew


def call(there: Any, within: float = 20.0, **params: str) -> Once:
    made = Once(request(within=within, **params), there.ended, asyncio.get_running_loop().create_future(), 1 << 20)
    there.submit(made)
    return made


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


async def test_a_worker_whose_hook_outlives_deadline_and_grace_gets_nothing_more_and_is_killed() -> None:
    there, (worker, other) = pool(workers=2, threads=1, grace=0.05)
    late = call(there, within=0.02)
    there.abandon(late)
    await eventually(lambda: worker.killed != "", "it was killed")
    assert "deadline" in worker.killed
    worker.busy = 0
    assert call(there) in other.peer.entries


async def test_an_answer_in_time_takes_the_death_sentence_back() -> None:
    there, (worker,) = pool(threads=1, grace=0.1)
    late = call(there, within=0.02)
    there.abandon(late)
    worker.peer.answer(0)
    await asyncio.sleep(0.2)
    assert worker.killed == ""


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
    spare = FakeWorker()
    there.came(spare)
    call(there)
    waits = call(there)
    assert spare.peer.entries == []
    worker.alive = False
    there.died(worker, [])
    assert spare.peer.entries == [waits]


async def test_sessions_go_to_the_worker_that_has_the_fewest() -> None:
    there, (one, other) = pool(workers=2)
    openings = [asyncio.create_task(there.lobby.open(request())) for _ in range(4)]
    await asyncio.sleep(0)
    assert (len(one.sessions), len(other.sessions)) == (2, 2)
    for opening in openings:
        opening.cancel()
    await asyncio.wait(openings)
    # Creation may have begun: each is closed, and counted until the worker says that it is over.
    assert len(one.peer.given_up) == 2
    assert one.sessions


async def test_a_session_whose_hook_never_lets_it_close_costs_the_worker() -> None:
    there, (worker,) = pool(grace=0.05)
    opening = asyncio.create_task(there.lobby.open(request(within=0.02)))
    await asyncio.sleep(0)
    opening.cancel()
    await eventually(lambda: worker.killed != "", "it was killed")
