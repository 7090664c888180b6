"""A remote API's troubles: what is tried again and what is not, within whose time, and what the caller is told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve

from athena import Cancelled, Fault, ServiceError

from .conftest import room

remote, standin = room("remote"), room("standin")
Trouble = standin.Trouble
Ask = Callable[..., Any]


@pytest.fixture
def ask(api: Any, humming: bytes) -> Iterator[Ask]:
    """Calls the API: with a policy's other values, and the caller's time; gives the best title and the attempts."""
    made: list[Any] = []

    def call(seconds: float = 30, gone: Callable[[], bool] = lambda: False, key: str = "", **policy: Any) -> Any:
        told = evolve(remote.Policy(api.url, {}, backoff=0.01), **policy)
        made.append(remote.Remote(told))
        query = {"mode": "humming", "limit": "1"}
        one = remote.Call("/v1/recognise", query, humming, "audio/wav", key or "k1", time.monotonic() + seconds)
        answer, attempts = made[-1].call(one, gone)
        return answer["songs"][0]["title"], attempts

    yield call
    for each in made:
        each.close()


def fault(ask: Ask, **told: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        ask(**told)
    return caught.value


def test_a_call_that_goes_well_takes_one_attempt_and_says_how_long_it_waits(ask: Ask, api: Any) -> None:
    assert ask(seconds=20, headers={"Authorization": "Bearer x"}) == ("Ode to Joy", 1)
    (seen,) = api.seen
    assert 15_000 < int(seen["x-request-timeout-ms"]) <= 20_000
    assert (seen["authorization"], seen["idempotency-key"]) == ("Bearer x", "k1")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_what_may_pass_is_tried_again(ask: Ask, api: Any, status: int) -> None:
    api.troubles[:] = [Trouble(status), Trouble(status)]
    assert ask() == ("Ode to Joy", 3)
    assert {each["idempotency-key"] for each in api.seen} == {"k1"}


@pytest.mark.parametrize("drop", [0, 10])
def test_a_connection_that_breaks_off_is_tried_again_and_the_work_is_done_once(ask: Ask, api: Any, drop: int) -> None:
    api.troubles[:] = [Trouble(drop=drop)]
    assert ask() == ("Ode to Joy", 2)
    assert api.worked == 1  # by the key the API knew that it had done it


def test_an_attempt_that_takes_too_long_is_given_up_for_another(ask: Ask, api: Any) -> None:
    api.troubles[:] = [Trouble(before=20)]
    assert ask(attempt=0.5) == ("Ode to Joy", 2)


def test_retry_after_is_waited_for(ask: Ask, api: Any) -> None:
    api.troubles[:] = [Trouble(429, {"Retry-After": "1"})]
    assert ask() == ("Ode to Joy", 2)
    first, second = (float(each["at"]) for each in api.seen)
    assert second - first >= 1


def test_a_wait_longer_than_the_callers_time_is_not_begun_and_the_caller_is_told_how_long(ask: Ask, api: Any) -> None:
    api.troubles[:] = [Trouble(503, {"Retry-After": "60"})]
    began = time.monotonic()
    error = fault(ask, seconds=30)
    assert time.monotonic() - began < 10
    assert (error.fault, error.retry_after) == (Fault.UNAVAILABLE, 60)
    assert len(api.seen) == 1


def test_attempts_end_and_the_waits_between_them_grow(ask: Ask, api: Any) -> None:
    api.troubles[:] = [Trouble(500)] * 9
    error = fault(ask, attempts=4, backoff=0.2)
    assert (error.fault, error.message) == (Fault.UNAVAILABLE, "the API failed (500)")
    times = [float(each["at"]) for each in api.seen]
    gaps = [b - a for a, b in pairwise(times)]
    assert len(gaps) == 3
    for gap, least in zip(gaps, (0.1, 0.2, 0.4), strict=True):
        assert gap >= least


def test_what_must_not_be_done_twice_is_sent_again_only_where_it_was_not_begun(ask: Ask, api: Any) -> None:
    for trouble in (Trouble(500), Trouble(drop=0), Trouble(before=20)):
        api.seen.clear()
        api.troubles[:] = [trouble]
        error = fault(ask, repeatable=False, attempt=0.5)
        assert (error.fault, error.code) == (Fault.USER_ERROR, remote.UNCERTAIN)
        assert "may have done it" in error.message
        assert len(api.seen) == 1
    api.troubles[:] = [Trouble(503), Trouble(429)]
    assert ask(repeatable=False) == ("Ode to Joy", 3)


@pytest.mark.parametrize(
    ("trouble", "expected", "code"),
    [
        (Trouble(400), Fault.BAD_REQUEST, None),
        (Trouble(422), Fault.BAD_REQUEST, None),
        (Trouble(413), Fault.TOO_LARGE, None),
        (Trouble(401), Fault.USER_ERROR, 4001),
        (Trouble(403), Fault.USER_ERROR, 4001),
        (Trouble(404), Fault.USER_ERROR, 4001),
        (Trouble(302, {"Location": "/elsewhere"}), Fault.USER_ERROR, 4001),
        (Trouble(body=b"<html>"), Fault.USER_ERROR, 4002),
        (Trouble(body=b'"' + b"x" * (1 << 20) + b'"'), Fault.USER_ERROR, 4002),
    ],
)
def test_what_another_attempt_would_not_change_has_one(
    ask: Ask, api: Any, trouble: Any, expected: Fault, code: int | None
) -> None:
    api.troubles[:] = [trouble]
    error = fault(ask)
    assert (error.fault, error.code) == (expected, code)
    assert len(api.seen) == 1


def test_an_api_that_is_not_there_is_unavailable_also_for_what_must_not_be_done_twice(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = fault(ask, url=f"http://127.0.0.1:{port}", repeatable=False, attempts=2)
    assert (error.fault, error.message) == (Fault.UNAVAILABLE, "the API cannot be reached")


def test_an_api_that_has_come_back_meanwhile_is_reached(ask: Ask, api: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    up, over = threading.Event(), threading.Event()

    def come_back() -> None:
        time.sleep(0.5)
        with standin.serving(port):
            up.set()
            over.wait(30)

    thread = threading.Thread(target=come_back)
    thread.start()
    try:
        title, attempts = ask(url=f"http://127.0.0.1:{port}", attempts=50, backoff=0.1)
    finally:
        over.set()
        thread.join()
    assert title == "Ode to Joy"
    assert attempts > 1


def test_the_callers_time_is_the_apis_and_no_more(ask: Ask, api: Any) -> None:
    api.troubles[:] = [Trouble(before=30)]
    began = time.monotonic()
    error = fault(ask, seconds=0.6, attempt=20)
    assert error.fault is Fault.DEADLINE
    assert time.monotonic() - began < 10
    assert fault(ask, seconds=-1).fault is Fault.DEADLINE
    assert len(api.seen) == 1  # a call without any time left is not sent


def test_when_the_caller_has_gone_the_connection_is_closed_and_the_api_learns_of_it(ask: Ask, api: Any) -> None:
    api.troubles[:] = [Trouble(before=30)]
    began = time.monotonic()
    with pytest.raises(Cancelled):
        ask(gone=lambda: bool(api.seen))
    assert time.monotonic() - began < 10
    until = time.monotonic() + 10
    while not api.gone and time.monotonic() < until:
        time.sleep(0.02)
    assert api.gone == 1


def test_who_leaves_during_a_back_off_is_not_called_for_again(ask: Ask, api: Any) -> None:
    api.troubles[:] = [Trouble(503, {"Retry-After": "20"})]
    with pytest.raises(Cancelled):
        ask(seconds=60, gone=lambda: bool(api.seen))
    assert len(api.seen) == 1


def test_only_seconds_are_understood_of_retry_after() -> None:
    assert [remote.seconds(text) for text in ("7", "", "-1", "soon", "Tue, 01 Dec 2026 00:00:00 GMT", "9" * 9)] == [
        7.0,
        *[None] * 5,
    ]
