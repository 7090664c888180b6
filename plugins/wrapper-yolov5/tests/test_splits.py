"""A list is cut so that it never takes longer than one image after another."""

from __future__ import annotations

import itertools

import pytest

from athena_wrapper_yolov5.splits import MARGIN, cuts, measured


class Clock:
    """Time that passes only where work is done."""

    def __init__(self, each: dict[int, float]) -> None:
        self.now = 0.0
        self.ran: list[int] = []
        self._each = each

    def __call__(self) -> float:
        return self.now

    def run(self, size: int) -> None:
        self.ran.append(size)
        self.now += self._each[size]


def test_a_network_that_gains_by_batches_gets_them() -> None:
    assert cuts({1: 1.0, 2: 1.4, 4: 2.0, 8: 3.0}, 8) == [8]
    assert cuts({1: 1.0, 2: 1.4, 4: 2.0, 8: 3.0}, 7) == [4, 2, 1]
    assert cuts({1: 1.0, 2: 1.4, 4: 2.0, 8: 3.0}, 17) == [8, 8, 1]


def test_a_network_that_loses_by_batches_gets_its_images_one_by_one() -> None:
    assert cuts({1: 1.0, 2: 2.1, 4: 4.5, 8: 12.0}, 5) == [1] * 5


def test_a_draw_is_one_by_one() -> None:
    assert cuts({1: 1.0, 2: 2.0, 4: 4.0}, 4) == [1] * 4
    assert cuts({1: 1.0, 2: 1.99, 4: 3.99}, 4) == [1] * 4


def test_the_size_that_pays_most_is_taken_even_where_a_larger_one_is_allowed() -> None:
    assert cuts({1: 1.0, 2: 1.2, 4: 4.0, 8: 9.0}, 8) == [2, 2, 2, 2]


@pytest.mark.parametrize("count", range(30))
def test_no_cutting_costs_more_than_one_by_one_and_none_costs_less(count: int) -> None:
    seconds = {1: 1.0, 2: 1.7, 4: 3.9, 8: 5.0}
    found = cuts(seconds, count)
    assert sum(found) == count
    assert sum(seconds[size] for size in found) <= count
    if 0 < count <= 9:
        every = (
            some for length in range(1, count + 1) for some in itertools.combinations_with_replacement(seconds, length)
        )
        best = min(sum(seconds[size] for size in some) for some in every if sum(some) == count)
        assert sum(seconds[size] for size in found) <= best * (1 + MARGIN)


def test_the_sizes_take_turns_and_the_fastest_of_each_counts() -> None:
    clock = Clock({1: 0.001, 2: 0.002, 4: 0.003})
    assert measured(clock.run, 4, clock=clock) == pytest.approx({1: 0.001, 2: 0.002, 4: 0.003})
    assert clock.ran[:6] == [1, 2, 4, 1, 2, 4]


def test_a_disturbance_decides_nothing() -> None:
    clock = Clock({1: 0.001, 2: 0.002})

    def run(size: int) -> None:
        clock.run(size)
        if len(clock.ran) in (1, 6, 9):
            clock.now += 0.05

    assert measured(run, 2, clock=clock) == pytest.approx({1: 0.001, 2: 0.002})


def test_a_slow_network_is_asked_no_longer_than_there_is_patience_for() -> None:
    clock = Clock({1: 0.3, 2: 0.6, 4: 1.2, 8: 2.4})
    assert set(measured(clock.run, 8, patience=1.0, clock=clock)) == {1, 2}
    assert clock.now <= 1.3


def test_one_is_always_known() -> None:
    clock = Clock({1: 30.0, 2: 60.0})
    assert measured(clock.run, 2, patience=1.0, clock=clock) == {1: 30.0}
