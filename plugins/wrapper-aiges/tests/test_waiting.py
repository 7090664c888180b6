"""A single call whose result comes by callback."""

from __future__ import annotations

import threading

import pytest

from aiges import routing
from aiges.dto import callback
from athena import Cancelled, Request, ServiceError
from athena_wrapper_aiges.waiting import Awaited


class Gone:
    cancelled = True


def test_the_first_result_counts_and_nobody_is_left_on_the_board() -> None:
    with Awaited("s1") as awaited:
        threading.Thread(target=callback, args=("first", "s1")).start()
        assert awaited.wait(Request("it")) == "first"
        assert callback("second", "s1") == -1
    assert routing.deliver("third", ("s1",)) == -1


def test_a_caller_who_has_gone_is_not_waited_for() -> None:
    with Awaited("s2") as awaited, pytest.raises(Cancelled):
        awaited.wait(Request("it", cancellation=Gone()))


def test_a_thread_that_died_is_an_error() -> None:
    with Awaited("s3") as awaited:
        assert routing.failed(KeyError("x"), "s3")
        with pytest.raises(ServiceError, match="thread failed: KeyError"):
            awaited.wait(Request("it"))
