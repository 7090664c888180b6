"""Gathered calls in worker processes: one execution for a list, one answer for each, and nothing runs twice."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from athena.errors import Executed, Fault, PluginRefused
from athena.executors.parcels import Parcels
from athena.executors.process import ProcessExecutor
from athena.link.entries import Once, Stream
from athena.link.frames import BATCH, CANCEL
from athena.models import BatchSettings, Description, Part, Reply
from athena.testing.bounded import eventually, refused

from .crew import Context, crew, request, settings
from .fakes import call, pool

LISTS = Description(operations=frozenset({"batch"}))
LARGE = 3 * 1024 * 1024


def gathered(max_size: int = 8, max_wait_ms: float = 5.0, **keys: Any) -> tuple[Any, list[Any]]:  # Any: takes fakes
    there, workers = pool(**{"threads": 1, **keys})
    limits = BatchSettings(max_size, max_wait_ms)
    there.parcels = Parcels(there.active, limits, LISTS, lambda size: None)
    return there, workers


def singing(max_size: int = 8, **keys: Any) -> Any:  # Any: an async context manager of an executor
    return crew(wrapper="./chorus.py", batch=BatchSettings(max_size), **keys)


def asked(executor: ProcessExecutor, number: object, *parts: Part, **params: Any) -> asyncio.Task[Reply]:
    return asyncio.ensure_future(executor.once(request(*parts, n=str(number), **params)))


async def held(executor: ProcessExecutor, gate: Path) -> asyncio.Task[Reply]:
    """A call whose hook has begun, and returns when the gate is there."""
    first = asked(executor, "first", gate=str(gate))
    await eventually(gate.with_suffix(".began").exists, "the hook has begun")
    return first


async def together(calls: Sequence[asyncio.Task[Reply]]) -> list[str]:
    return [(await asyncio.wait_for(one, 20)).part("together").text for one in calls]


async def test_a_list_is_one_execution_and_the_slot_is_free_with_its_last_answer() -> None:
    there, (worker,) = gathered(max_size=2)
    calls = [call(there) for _ in range(5)]
    assert (worker.busy, worker.peer.entries) == (1, calls[:1])
    worker.peer.answer(0)
    assert (worker.busy, worker.peer.entries) == (1, calls[:3])
    worker.peer.answer(2)
    assert (worker.busy, worker.peer.entries) == (1, calls[:3])
    worker.peer.answer(1)
    await eventually(lambda: worker.peer.entries == calls, "the last one goes too")
    worker.peer.answer(3)
    worker.peer.answer(4)
    await asyncio.wait_for(asyncio.gather(*(one.future for one in calls)), 5)
    assert (worker.busy, worker.finished) == (0, 5)


async def test_a_worker_with_a_free_thread_is_given_the_list_and_no_list_goes_ahead() -> None:
    there, workers = gathered(max_size=1, workers=2, threads=1)
    for worker in workers:
        worker.pace = 0.0  # a brisk worker is given calls ahead, but no lists
    for _ in range(5):
        call(there)
    assert [len(worker.peer.entries) for worker in workers] == [1, 1]
    assert len(there.parcels.gatherer.waiting) == 3


async def test_a_list_that_a_dead_worker_may_have_begun_is_lost_and_what_it_never_saw_runs_elsewhere() -> None:
    there, (one, other) = gathered(max_size=3, workers=2)
    first = [call(there), call(there)]
    one.peer.never_written = other.peer.never_written = True
    unseen, seen = [call(there) for _ in range(2)], call(there)
    assert not any(each.in_lane for each in first)
    one.peer.answer(0)
    taken = one.peer.entries[1:]
    assert taken[0] is unseen[0]
    one.alive = False
    there.died(one, taken)
    other.peer.answer(0)
    await eventually(lambda: len(other.peer.entries) == 4, "the others go to the other worker")
    assert other.peer.entries[1:] == [*unseen, seen]


async def test_a_call_of_a_list_that_is_left_is_told_so_and_dies_with_the_last_deadline_of_its_list() -> None:
    there, (worker,) = gathered(max_size=2)
    call(there)
    short, long = call(there, within=0.05), call(there, within=50)
    worker.peer.answer(0)
    posted: list[tuple[object, ...]] = []
    worker.peer.post = lambda *frame: posted.append(frame)
    there.abandon(short)
    assert short.request.cancelled
    assert worker.peer.given_up == []
    assert posted == [(CANCEL, short.id, b"")]
    await asyncio.sleep(0.7)  # its own deadline and the grace have passed; the other one's hook still runs
    assert worker.killed == ""
    assert short.parcel.deadline == long.request.deadline
    worker.peer.answer(1)
    worker.peer.answer(2)
    assert (await long.future).part("n").data == b"2"


async def test_a_call_that_waits_is_forgotten_when_it_is_left_and_told_when_the_pool_closes() -> None:
    there, (worker,) = gathered()
    runs, left, waits = call(there), call(there), call(there)
    there.abandon(left)
    there.close("stopping")
    assert (await refused(waits.future)).executed is Executed.NO
    assert not left.future.done()
    drained = asyncio.ensure_future(there.drain())
    await asyncio.sleep(0)
    assert not drained.done()
    worker.peer.answer(0)
    await asyncio.wait_for(drained, 5)
    assert runs.future.done()


async def test_a_stream_goes_alone_where_a_hook_can_iterate() -> None:
    there, (worker,) = gathered()
    stream = Stream(request(), there.ended)
    assert there.parcels.takes(stream)
    both = Description(operations=frozenset({"batch", "once"}))
    there.parcels = Parcels(there.active, BatchSettings(), both, lambda size: None)
    assert not there.parcels.takes(stream)
    first = call(there)
    there.submit(stream)
    assert worker.peer.entries == [first]
    worker.peer.answer(0)
    assert worker.peer.entries == [first, stream]


async def test_lists_and_calls_on_their_own_take_turns() -> None:
    there, (worker,) = gathered(max_size=1)
    there.parcels = Parcels(
        there.active, BatchSettings(1), Description(operations=frozenset({"batch", "once"})), lambda size: None
    )
    first, *once = [call(there) for _ in range(3)]
    streams = [Stream(request(), there.ended) for _ in range(2)]
    for stream in streams:
        there.submit(stream)
    for number in range(5):
        worker.peer.answer(number)
    assert worker.peer.entries == [first, streams[0], once[0], streams[1], once[1]]


async def test_the_deadline_of_a_list_without_one_is_never() -> None:
    there, _ = gathered(max_size=2)
    made = Once(evolve(request(), deadline=None), there.ended, asyncio.get_running_loop().create_future(), 1)
    there.submit(made)
    assert made.parcel.deadline == math.inf


async def test_the_worker_is_told_of_a_list_after_its_calls() -> None:
    there, (worker,) = gathered(max_size=2)
    posted: list[int] = []
    worker.peer.post = lambda kind, *rest: posted.append(kind)
    call(there)
    assert posted == [BATCH]


async def test_calls_that_wait_go_together_in_their_order(tmp_path: Path) -> None:
    async with singing(4) as executor:
        first = await held(executor, tmp_path / "gate")
        calls = [asked(executor, number, Part("big", b"x" * LARGE)) for number in range(6)]
        await asyncio.sleep(0)
        (tmp_path / "gate").touch()
        assert await together([first, *calls[:4]]) == ["first", *["0,1,2,3"] * 4]
        assert len((await calls[5]).part("big").data) == LARGE
        text = executor._context.figures.render().decode()
        assert 'athena_batch_items_sum{service="odd"} 7' in text


async def test_one_bad_item_fails_alone_and_a_hook_that_raises_fails_all(tmp_path: Path) -> None:
    async with singing() as executor:
        for bad, fault in (("bad", Fault.BAD_REQUEST), ("raise", Fault.USER_ERROR)):
            await held(executor, tmp_path / bad)
            calls = [asked(executor, 1), asked(executor, 2, **{bad: "yes"}), asked(executor, 3)]
            await asyncio.sleep(0)
            (tmp_path / bad).touch()
            assert (await refused(calls[1], fault)).executed is Executed.YES
            if bad == "bad":
                assert await together([calls[0], calls[2]]) == ["1,2,3"] * 2
            else:
                await refused(calls[0], fault)
                await refused(calls[2], fault)


async def test_what_cannot_travel_fails_alone() -> None:
    async with singing() as executor:
        good, odd = asked(executor, 1), asked(executor, 2, odd="\ud800")
        await refused(odd, Fault.BAD_REQUEST)
        assert await together([good]) == ["1"]


async def test_a_call_that_is_left_while_it_waits_is_never_run_and_one_whose_list_runs_is_seen(tmp_path: Path) -> None:
    async with singing() as executor:
        (tmp_path / "gate").touch()
        first = asked(executor, "first", gate=str(tmp_path / "gate"), seconds="20", poll="yes")
        await eventually((tmp_path / "gate.began").exists, "the hook has begun")
        calls = [asked(executor, number) for number in range(3)]
        await asyncio.sleep(0)
        calls[1].cancel()
        first.cancel()  # the hook polls, and returns at once
        assert await together([calls[0], calls[2]]) == ["0,2"] * 2


async def test_a_death_loses_the_list_that_ran_and_nothing_else(tmp_path: Path) -> None:
    async with singing() as executor:
        first = await held(executor, tmp_path / "gate")
        doomed = [asked(executor, 1), asked(executor, 2, die="yes"), asked(executor, 3)]
        await asyncio.sleep(0)
        (tmp_path / "gate").touch()
        assert await together([first]) == ["first"]
        waits = asked(executor, "after")
        for one in doomed:
            assert (await refused(one, Fault.WORKER_LOST)).executed is Executed.UNKNOWN
        assert await together([waits]) == ["after"]


async def test_a_list_that_hangs_is_killed_at_the_last_deadline_and_the_grace() -> None:
    async with singing(grace=0.2) as executor:
        call = asked(executor, 1, seconds="30", within=0.1)
        await asyncio.sleep(0.15)
        call.cancel()
        assert await together([asked(executor, 2)]) == ["2"]


async def test_never_more_lists_run_in_a_worker_than_it_has_threads() -> None:
    async with singing(2, threads=2, workers=2) as executor:
        calls = [asked(executor, number, seconds="0.02") for number in range(40)]
        replies = [await asyncio.wait_for(one, 20) for one in calls]
        assert max(int(reply.part("most").text) for reply in replies) <= 2
        assert len({reply.part("pid").text for reply in replies}) == 2
        assert max(reply.part("together").text.count(",") for reply in replies) == 1


async def test_new_limits_are_taken_while_calls_wait(tmp_path: Path) -> None:
    async with singing(2) as executor:
        await held(executor, tmp_path / "gate")
        calls = [asked(executor, number) for number in range(4)]
        await asyncio.sleep(0)
        executor.settle(settings(batch=BatchSettings(4)))
        (tmp_path / "gate").touch()
        assert await together(calls) == ["0,1,2,3"] * 4


async def test_a_batch_table_for_a_wrapper_that_takes_no_lists_is_refused() -> None:
    executor = ProcessExecutor(settings(batch=BatchSettings()), Context(), lambda: None)
    with pytest.raises(PluginRefused, match=r"services\.odd\.batch: the wrapper has no athena_batch_exec"):
        await executor.start()
