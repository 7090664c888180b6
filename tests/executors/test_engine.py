"""Whatever a hook raises, its caller gets exactly one typed outcome, and the lane lives on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from athena.errors import Cancelled, Executed, Fault, ServiceError
from athena.executors.engine import Engine
from athena.link.token import Token
from athena.models import Part, Reply, Request, Stage
from athena.testing.misbehave import RAISES, RETURNS, SECRET, misbehave

ECHO = Reply((Part("x", b"ok"),))


def healthy(bench: Any, engine: Engine, threads: int) -> None:
    """Every lane still takes work."""
    barrier = threading.Barrier(threads + 1)

    def once(_: Request) -> Reply:
        barrier.wait(10)
        return ECHO

    engine.hooks.once = once
    calls = [bench.Call() for _ in range(threads)]
    for call in calls:
        engine.call(bench.request(), call)
    barrier.wait(10)
    assert [call.outcome() for call in calls] == [ECHO] * threads


def test_a_reply_comes_back_as_it_was(bench: Any) -> None:
    engine, call = bench.engine(once=lambda request: ECHO), bench.Call()
    request = bench.request()
    engine.call(request, call)
    assert call.outcome() is ECHO
    assert request.cancellation.started


@pytest.mark.parametrize("kind", RAISES)
def test_whatever_once_raises_is_a_user_error_without_its_secrets(bench: Any, kind: str) -> None:
    engine, call = bench.engine(once=lambda _: misbehave(kind)), bench.Call()
    engine.call(bench.request(), call)
    error = call.error()
    assert (error.fault, error.executed) == (Fault.USER_ERROR, Executed.YES)
    assert "athena_once_exec" in error.message
    assert error.error_id in error.message
    assert SECRET not in error.message
    healthy(bench, engine, 2)


def test_a_wrappers_own_error_keeps_its_code_and_says_that_it_executed(bench: Any) -> None:
    def once(_: Request) -> Reply:
        raise ServiceError(Fault.USER_ERROR, "no face found", code=40012)

    engine, call = bench.engine(once=once), bench.Call()
    engine.call(bench.request(), call)
    error = call.error()
    assert (error.code, error.message, error.executed) == (40012, "no face found", Executed.YES)


def test_a_reply_beyond_max_message_is_too_large(bench: Any) -> None:
    engine, call = (
        bench.engine(limit=10, once=lambda _: Reply((Part("x", b"123456"), Part("y", b"78901")))),
        bench.Call(),
    )
    engine.call(bench.request(), call)
    error = call.error()
    assert (error.fault, error.executed) == (Fault.TOO_LARGE, Executed.YES)


@pytest.mark.parametrize("why", ["token", "deadline"])
def test_a_call_nobody_waits_for_is_not_begun(bench: Any, why: str) -> None:
    ran: list[Request] = []
    engine, call = bench.engine(once=ran.append), bench.Call()
    request = bench.request()
    if why == "token":
        request.cancellation.cancel()
    else:
        request = Request("s", deadline=time.monotonic() - 1, cancellation=Token())
    engine.call(request, call)
    assert call.error().fault is Fault.CANCELLED
    assert call.error().executed is Executed.NO
    assert not ran
    assert not request.cancellation.started


def test_an_iterators_items_come_in_order_and_then_the_end(bench: Any) -> None:
    def once(_: Request) -> Iterator[Reply]:
        for number in range(200):
            yield Reply((Part("n", b"%d" % number),))

    engine, call = bench.engine(once=once), bench.Call(window=1000)
    engine.call(bench.request(), call)
    assert call.outcome() is None
    assert [int(bytes(item.part("n").data)) for item in call.items] == list(range(200))


def test_an_iterators_finally_runs_on_cancel_before_its_caller_is_told(bench: Any) -> None:
    order: list[str] = []

    def once(_: Request) -> Iterator[Reply]:
        try:
            while True:
                yield ECHO
                time.sleep(0.001)
        finally:
            order.append("finally")

    class Told(bench.Call):  # type: ignore[misc,name-defined]
        def failed(self, error: ServiceError) -> None:
            order.append("told")
            super().failed(error)

    engine, call, request = bench.engine(once=once), Told(window=10_000_000), bench.request()
    engine.call(request, call)
    bench.until(lambda: len(call.items) > 2, "items came")
    request.cancellation.cancel()
    assert call.error().fault is Fault.CANCELLED
    assert order == ["finally", "told"]


def test_an_iterator_behind_a_slow_reader_waits_and_ends_when_the_reader_goes(bench: Any) -> None:
    produced: list[int] = []
    ended = threading.Event()

    def once(_: Request) -> Iterator[Reply]:
        try:
            for number in range(1_000_000):
                produced.append(number)
                yield ECHO
        finally:
            ended.set()

    engine, call = bench.engine(once=once), bench.Call(window=3)
    engine.call(bench.request(), call)
    bench.until(lambda: len(call.items) == 3, "the window is full")
    assert not ended.wait(0.1)
    assert len(produced) == 4
    call.credit.close()
    assert ended.wait(5)
    assert call.error().fault is Fault.CANCELLED
    assert len(produced) == 4


def test_an_iterator_that_fails_when_it_is_closed_is_told_so(bench: Any) -> None:
    class Stubborn:
        def __init__(self) -> None:
            self.left = 2

        def __iter__(self) -> Stubborn:
            return self

        def __next__(self) -> Reply:
            self.left -= 1
            if self.left < 0:
                raise StopIteration
            return ECHO

        def close(self) -> None:
            raise SystemExit(1)

    engine, call = bench.engine(once=lambda _: Stubborn()), bench.Call()
    engine.call(bench.request(), call)
    assert call.error().fault is Fault.USER_ERROR
    assert len(call.items) == 2
    healthy(bench, engine, 2)


@pytest.mark.parametrize("kind", RAISES)
def test_whatever_an_iterator_raises_comes_after_the_items_it_gave(bench: Any, kind: str) -> None:
    def once(_: Request) -> Iterator[Reply]:
        yield ECHO
        misbehave(kind)

    engine, call = bench.engine(once=once), bench.Call()
    engine.call(bench.request(), call)
    assert call.error().fault is Fault.USER_ERROR
    assert call.items == [ECHO]
    healthy(bench, engine, 2)


def test_a_batch_answers_each_call_by_its_place(bench: Any) -> None:
    def batch(requests: list[Request]) -> list[Reply | ServiceError]:
        refused = ServiceError(Fault.USER_ERROR, "not this one", code=7)
        return [refused if r.params["n"] == "1" else Reply((Part.from_text("n", r.params["n"]),)) for r in requests]

    engine, calls = bench.engine(batch=batch), [bench.Call() for _ in range(3)]
    engine.batch([bench.request(n=str(number)) for number in range(3)], calls)
    assert calls[0].outcome().part("n").text == "0"
    assert (calls[1].error().code, calls[1].error().executed) == (7, Executed.YES)
    assert calls[2].outcome().part("n").text == "2"


@pytest.mark.parametrize("kind", [*RAISES, *RETURNS, "short", "long", "tuple", "one is wrong"])
def test_a_batch_hook_that_goes_wrong_is_a_user_error_for_whom_it_concerns(bench: Any, kind: str) -> None:
    def batch(requests: list[Request]) -> object:
        shapes = {
            "short": [ECHO], "long": [ECHO] * 4, "tuple": (ECHO,) * 3, "one is wrong": [ECHO, "text", ECHO],
        }  # fmt: skip
        return shapes[kind] if kind in shapes else misbehave(kind)

    engine, calls = bench.engine(batch=batch), [bench.Call() for _ in range(3)]
    engine.batch([bench.request() for _ in range(3)], calls)
    if kind == "one is wrong":
        assert calls[1].error().fault is Fault.USER_ERROR
        assert [calls[0].outcome(), calls[2].outcome()] == [ECHO, ECHO]
        return
    assert {call.error().fault for call in calls} == {Fault.USER_ERROR}
    assert "athena_batch_exec" in calls[0].error().message


def test_who_went_before_the_batch_began_is_left_out_of_it(bench: Any) -> None:
    seen: list[int] = []

    def batch(requests: list[Request]) -> list[Reply]:
        seen.append(len(requests))
        return [ECHO] * len(requests)

    engine, calls = bench.engine(batch=batch), [bench.Call() for _ in range(3)]
    requests = [bench.request() for _ in range(3)]
    requests[1].cancellation.cancel()
    engine.batch(requests, calls)
    assert calls[1].error().fault is Fault.CANCELLED
    assert [calls[0].outcome(), calls[2].outcome()] == [ECHO, ECHO]
    assert seen == [2]


def test_a_wrapper_with_batch_alone_answers_single_calls_too(bench: Any) -> None:
    engine, call = bench.engine(batch=lambda requests: [ECHO] * len(requests)), bench.Call()
    engine.call(bench.request(), call)
    assert call.outcome() is ECHO


def test_a_wrapper_without_the_hook_is_unsupported(bench: Any) -> None:
    engine, call = bench.engine(), bench.Call()
    engine.call(bench.request(), call)
    assert call.error().fault is Fault.UNSUPPORTED
    with pytest.raises(ServiceError) as caught:
        engine.open(bench.request(), bench.Talk())
    assert caught.value.fault is Fault.UNSUPPORTED


def test_a_wrapper_that_notices_that_its_caller_has_gone_ends_cancelled(bench: Any) -> None:
    def once(request: Request) -> Reply:
        while not request.cancelled:
            time.sleep(0.001)
        raise Cancelled("nobody waits")

    engine, call, request = bench.engine(once=once), bench.Call(), bench.request()
    engine.call(request, call)
    bench.until(lambda: request.cancellation.started, "the call began")
    request.cancellation.cancel()
    assert call.error().fault is Fault.CANCELLED


def test_threads_execute_as_many_calls_at_once_as_they_are_and_no_more(bench: Any) -> None:
    now, most, lock = [0], [0], threading.Lock()

    def once(_: Request) -> Reply:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.005)
        with lock:
            now[0] -= 1
        return ECHO

    engine, calls = bench.engine(threads=3, once=once), [bench.Call() for _ in range(60)]
    for call in calls:
        engine.call(bench.request(), call)
    assert [call.outcome() for call in calls] == [ECHO] * 60
    assert most == [3]


def test_nothing_runs_while_a_lifecycle_hook_does(bench: Any) -> None:
    running = [0]

    def once(_: Request) -> Reply:
        running[0] += 1
        time.sleep(0.001)
        running[0] -= 1
        return Reply((), Stage.ONCE)

    engine, calls = bench.engine(threads=4, once=once), [bench.Call() for _ in range(200)]
    for call in calls:
        engine.call(bench.request(), call)
    for _ in range(10):
        with engine.alone(5) as calm:
            assert calm
            before = running[0]
            time.sleep(0.002)
            assert (before, running[0]) == (0, 0)
    for call in calls:
        call.outcome()
