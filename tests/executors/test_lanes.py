"""Threads that take jobs: all of them, later ones in time, and none at all while somebody wants to be alone."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator

import pytest

from athena.executors.lanes import Lanes


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    made = Lanes("test", 4)
    made.start()
    yield made
    made.stop(10)


def stuck(entered: threading.Event, release: threading.Event) -> None:
    """A job that goes on until it is released."""
    entered.set()
    release.wait(20)


def test_every_job_runs_once_on_threads_of_the_lanes(lanes: Lanes) -> None:
    ran: list[tuple[int, str]] = []
    done = threading.Semaphore(0)

    def job(number: int) -> None:
        ran.append((number, threading.current_thread().name))
        done.release()

    for number in range(500):
        lanes.submit(lambda number=number: job(number))
    for _ in range(500):
        assert done.acquire(timeout=10)
    assert sorted(number for number, _ in ran) == list(range(500))
    assert {name for _, name in ran} <= {f"test-{index}" for index in range(4)}


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_a_job_that_raises_anything_costs_no_thread(lanes: Lanes, error: BaseException) -> None:
    def fail() -> None:
        raise error

    for _ in range(20):
        lanes.submit(fail)
    barrier = threading.Barrier(5)

    def meet() -> None:
        barrier.wait(10)

    for _ in range(4):
        lanes.submit(meet)
    barrier.wait(10)  # four jobs at once: every lane is alive


def test_a_later_job_runs_later_and_in_the_order_of_its_time(lanes: Lanes) -> None:
    ran: list[tuple[str, float]] = []
    done = threading.Semaphore(0)
    start = time.monotonic()

    def job(name: str) -> None:
        ran.append((name, time.monotonic() - start))
        done.release()

    lanes.submit_later(0.15, lambda: job("second"))
    lanes.submit_later(0.05, lambda: job("first"))
    lanes.submit_later(0.0, lambda: job("now"))
    for _ in range(3):
        assert done.acquire(timeout=10)
    assert [name for name, _ in ran] == ["now", "first", "second"]
    assert ran[1][1] >= 0.05
    assert ran[2][1] >= 0.15


def test_alone_is_really_alone(lanes: Lanes) -> None:
    running, most_while_alone = [0], [0]
    lock = threading.Lock()
    stop = threading.Event()

    def job() -> None:
        with lock:
            running[0] += 1
        time.sleep(0.0005)
        with lock:
            running[0] -= 1
        if not stop.is_set():
            lanes.submit(job)

    for _ in range(16):
        lanes.submit(job)
    for _ in range(40):
        with lanes.alone(5) as calm:
            assert calm
            for _ in range(5):
                most_while_alone[0] = max(most_while_alone[0], running[0])
                time.sleep(0.0002)
        time.sleep(0.001)
    stop.set()
    assert most_while_alone[0] == 0


def test_alone_says_when_a_job_would_not_end_and_the_others_go_on_afterwards(lanes: Lanes) -> None:
    release, entered, after = threading.Event(), threading.Event(), threading.Event()
    lanes.submit(lambda: stuck(entered, release))
    assert entered.wait(5)
    with lanes.alone(0.05) as calm:
        assert not calm
        lanes.submit(after.set)
        assert not after.wait(0.1), "a job ran while the block did"
    assert after.wait(5)
    release.set()


def test_an_error_in_the_block_lets_the_jobs_go_on(lanes: Lanes) -> None:
    with pytest.raises(ValueError, match="in the block"), lanes.alone(5):
        raise ValueError("in the block")
    done = threading.Event()
    lanes.submit(done.set)
    assert done.wait(5)


def test_stopping_lets_queued_jobs_finish_and_says_so() -> None:
    lanes = Lanes("stop", 2)
    lanes.start()
    ran: list[int] = []
    for number in range(50):
        lanes.submit(lambda number=number: ran.append(number))
    lanes.submit_later(60, lambda: ran.append(-1))
    assert lanes.stop(10)
    assert sorted(ran) == list(range(50))


def test_stopping_does_not_wait_for_a_job_that_never_returns() -> None:
    lanes = Lanes("stuck", 1)
    lanes.start()
    release, entered = threading.Event(), threading.Event()
    lanes.submit(lambda: stuck(entered, release))
    assert entered.wait(5)
    began = time.monotonic()
    assert not lanes.stop(0.1)
    assert time.monotonic() - began < 5
    release.set()


def test_threads_are_daemons_so_that_a_stuck_hook_cannot_hold_the_exit(lanes: Lanes) -> None:
    found: list[bool] = []
    done = threading.Event()

    def look() -> None:
        found.append(threading.current_thread().daemon)
        done.set()

    lanes.submit(look)
    assert done.wait(5)
    assert found == [True]


def test_a_lane_keeps_nothing_of_its_last_job(lanes: Lanes) -> None:
    class Heavy:
        pass

    heavy = Heavy()
    ref, done = weakref.ref(heavy), threading.Event()
    lanes.submit(lambda kept=heavy: done.set())
    assert done.wait(5)
    del heavy
    bound = time.monotonic() + 5
    while ref() is not None and time.monotonic() < bound:
        time.sleep(0.005)
    assert ref() is None
