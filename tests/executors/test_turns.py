"""Turns: the jobs of one session stay in order and never overlap, and a busy session leaves the lane to others."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from athena.executors.lanes import Lanes
from athena.executors.turns import TURN, Turns


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    made = Lanes("turns", 4)
    made.start()
    yield made
    made.stop(5)


def test_jobs_run_in_order_and_never_two_at_once_on_many_lanes(lanes: Lanes) -> None:
    turns = Turns(lanes)
    order: list[int] = []
    inside, most = [0], [0]
    done = threading.Event()

    def job(number: int) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.0005)
        order.append(number)
        inside[0] -= 1
        if number == 99:
            done.set()

    for number in range(100):
        turns.add(lambda number=number: job(number))  # type: ignore[misc]
    assert done.wait(10)
    assert order == list(range(100))
    assert most == [1]


def test_a_job_that_waits_for_something_else_holds_the_next_until_it_goes_on(lanes: Lanes) -> None:
    turns = Turns(lanes)
    ran = threading.Event()
    turns.add(lambda: True)
    turns.add(ran.set)
    assert not ran.wait(0.05)
    lanes.submit(turns.go_on)
    assert ran.wait(5)


def test_a_busy_session_leaves_the_lane_to_others_after_its_turn() -> None:
    lanes = Lanes("one", 1)
    busy, other = Turns(lanes), Turns(lanes)
    order: list[str] = []
    done = threading.Event()
    for _ in range(TURN + 1):
        busy.add(lambda: order.append("busy"))
    other.add(lambda: order.append("other"))
    busy.add(done.set)
    lanes.start()
    assert done.wait(5)
    lanes.stop(5)
    assert order.index("other") == TURN
