"""When calls are due: evenly, at random, growing, and shared by processes without a seam."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.cli.bench.pacing import arrivals, begin, share, until

RATES = st.floats(0.5, 5000)
RAMPS = st.floats(0, 20)


def first(
    count: int, rate: float, ramp: float, process: int = 0, processes: int = 1, seed: int | None = None
) -> list[float]:
    chance = None if seed is None else Random(seed)
    return list(itertools.islice(arrivals(rate, ramp, process, processes, chance), count))


@given(RATES, RAMPS, st.integers(1, 7))
def test_what_processes_send_together_is_what_one_would_send(rate: float, ramp: float, processes: int) -> None:
    apart = sorted(due for number in range(processes) for due in first(30, rate, ramp, number, processes))
    assert apart == pytest.approx(first(30 * processes, rate, ramp))


@given(RATES, RAMPS)
def test_after_the_ramp_calls_come_at_the_rate_and_in_it_half_as_many(rate: float, ramp: float) -> None:
    due = first(500, rate, ramp)
    assert due == sorted(due)
    for number, moment in enumerate(due):
        sent = moment * moment * rate / (2 * ramp) if moment < ramp else rate * (moment - ramp / 2)
        assert sent == pytest.approx(number, abs=1e-6)


@given(RATES, st.integers(0, 1000))
def test_random_arrivals_keep_the_rate_and_the_seed(rate: float, seed: int) -> None:
    due = first(4000, rate, 0.0, seed=seed)
    assert due == first(4000, rate, 0.0, seed=seed)
    assert due == sorted(due)
    assert due[-1] == pytest.approx(4000 / rate, rel=0.15)


@given(st.integers(0, 10_000), st.integers(1, 64))
def test_shares_add_up_and_differ_by_one_at_most(whole: int, processes: int) -> None:
    shares = [share(whole, process, processes) for process in range(processes)]
    assert sum(shares) == whole
    assert max(shares) - min(shares) <= 1


def test_callers_of_a_closed_loop_begin_one_after_the_other() -> None:
    assert [begin(caller, 4, 2.0) for caller in range(4)] == [0.0, 0.5, 1.0, 1.5]


async def test_a_moment_that_has_passed_is_not_waited_for() -> None:
    await until(5.0, lambda: 100.0)


async def test_a_timer_that_fires_early_is_set_again() -> None:
    ticks = iter([0.0, 0.006, 0.0125])
    await until(0.01, lambda: next(ticks))
    assert list(ticks) == []
