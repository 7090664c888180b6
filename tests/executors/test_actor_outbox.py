"""A session that emits: back-pressure, what comes too late, and one destroy whatever races with it."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from athena.errors import Cancelled, Executed, Fault, ServiceError
from athena.models import Part, Reply, Request, Stage

ITEM = Reply((Part("x", b"1"),), Stage.CONTINUE)
END = Reply((Part("x", b"last"),), Stage.END)


def quiet() -> None:
    """An acknowledgement nobody waits for."""


def test_emitting_what_is_no_reply_is_told_to_the_wrapper_and_ends_the_session(bench: Any) -> None:
    def write(session: Any, _: Request) -> None:
        session.emit("text")  # type: ignore[arg-type]

    wrapper, talk = bench.Pushing(), bench.Talk()
    run = bench.engine(**wrapper.hooks(write)).open(bench.request(), talk)
    run.write(bench.request(), quiet)
    talk.over()
    (error,) = talk.terminals
    assert error is not None
    assert "outbox.emit returned str" in error.message


def test_an_error_that_is_emitted_from_any_thread_ends_the_session_once(bench: Any) -> None:
    wrapper, talk = bench.Pushing(), bench.Talk()
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    talk.open()
    error = ServiceError(Fault.USER_ERROR, "no such model", code=20001)
    other = threading.Thread(target=run.emit, args=(error,))
    other.start()
    other.join(10)
    talk.over()
    (told,) = talk.terminals
    assert told is error
    assert (told.code, told.executed) == (20001, Executed.YES)
    assert wrapper.destroyed == [wrapper]
    with pytest.raises(Cancelled):
        run.emit(error)


def test_a_reply_that_says_once_goes_on_in_a_session(bench: Any) -> None:
    def write(session: Any, _: Request) -> None:
        session.emit(Reply((Part("x"),)))

    wrapper, talk = bench.Pushing(), bench.Talk()
    run = bench.engine(**wrapper.hooks(write)).open(bench.request(), talk)
    run.write(bench.request(), quiet)
    run.write(bench.request(), quiet)
    bench.until(lambda: len(talk.replies) == 2, "both came")
    assert {reply.stage for reply in talk.replies} == {Stage.CONTINUE}
    run.close()
    talk.over()


def test_emit_waits_while_the_outbox_is_full_and_the_next_session_does_not(bench: Any) -> None:
    wrapper, talk = bench.Pushing(), bench.Talk(window=3)
    emitted: list[int] = []

    def write(session: Any, _: Request) -> None:
        for number in range(10):
            session.emit(ITEM)
            emitted.append(number)

    engine = bench.engine(threads=2, **wrapper.hooks(write))
    run = engine.open(bench.request(), talk)
    run.write(bench.request(), quiet)
    bench.until(lambda: len(emitted) == 3, "the outbox is full")
    time.sleep(0.05)
    assert len(emitted) == 3
    other = bench.Talk()
    engine.open(bench.request(), other)
    other.open()
    talk.credit.give(7, 0)
    bench.until(lambda: len(emitted) == 10, "the reader's pace was followed")
    run.close()
    talk.over()


def test_emit_after_destroy_raises_cancelled_from_any_thread(bench: Any) -> None:
    wrapper, talk = bench.Pushing(), bench.Talk()
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    talk.open()
    run.close()
    talk.over()
    assert wrapper.context is not None
    assert wrapper.context.cancelled
    raised: list[BaseException] = []

    def emit() -> None:
        try:
            wrapper.emit(ITEM)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=emit)
    thread.start()
    thread.join(5)
    assert [type(error) for error in raised] == [Cancelled]
    assert talk.replies == []


def test_a_thread_of_the_wrapper_that_waits_in_emit_is_woken_by_the_close(bench: Any) -> None:
    wrapper, talk = bench.Pushing(), bench.Talk(window=1)
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    talk.open()
    outcome: list[str] = []

    def flood() -> None:
        try:
            while True:
                wrapper.emit(ITEM)
        except Cancelled:
            outcome.append("cancelled")

    thread = threading.Thread(target=flood)
    thread.start()
    bench.until(lambda: len(talk.replies) == 1, "the outbox is full")
    run.close()
    talk.credit.close()  # what the executor does with its end
    thread.join(5)
    assert outcome == ["cancelled"]
    talk.over()


def test_nothing_is_written_after_the_end_and_waiting_writes_are_dropped(bench: Any) -> None:
    written: list[str] = []

    def write(session: Any, request: Request) -> None:
        written.append(request.params["n"])
        if request.params["n"] == "1":
            session.emit(END)

    wrapper, talk = bench.Pushing(), bench.Talk()
    run = bench.engine(threads=4, **wrapper.hooks(write)).open(bench.request(), talk)
    acknowledged = threading.Semaphore(0)
    for number in range(5):
        run.write(bench.request(n=str(number)), acknowledged.release)
    talk.over()
    run.write(bench.request(n="later"), acknowledged.release)
    for _ in range(6):
        assert acknowledged.acquire(timeout=10)
    assert written == ["0", "1"]
    assert talk.terminals == [None]
    assert len(wrapper.destroyed) == 1


@pytest.mark.parametrize("attempt", range(40))
def test_destroy_runs_exactly_once_when_a_close_races_with_everything(bench: Any, attempt: int) -> None:
    wrapper, talk = bench.Pushing(), bench.Talk(window=10_000)
    engine = bench.engine(threads=4, **wrapper.hooks())
    run = engine.open(bench.request(), talk)
    start = threading.Barrier(4)

    def write() -> None:
        start.wait(5)
        for number in range(10):
            stage = Stage.END if number == 9 else Stage.CONTINUE
            run.write(bench.request(Part("a", stage=stage)), quiet)

    def emit() -> None:
        start.wait(5)
        try:
            for _ in range(attempt):
                if wrapper.context is not None:
                    wrapper.emit(ITEM)
        except Cancelled:
            pass

    def close() -> None:
        start.wait(5)
        time.sleep(attempt * 0.0001)
        run.close()

    threads = [threading.Thread(target=target) for target in (write, emit, close)]
    for thread in threads:
        thread.start()
    start.wait(5)
    for thread in threads:
        thread.join(10)
    talk.over()
    run.close()
    engine.stop(5)
    created = wrapper.context is not None
    assert wrapper.destroyed == ([wrapper] if created else [])
    assert talk.events.count("closed") == 1
    assert talk.events[-1] == "closed"
    assert len(talk.terminals) <= 1
