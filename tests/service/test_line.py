"""The line: the most urgent first, equals in the order of arrival, and nobody for ever behind others."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.models import Request
from athena.service.line import AGEING, USUAL, Line, Waiter, urgency


def waiter(loop: asyncio.AbstractEventLoop, level: int, now: float) -> Waiter:
    return Waiter(loop.create_future(), Request("s", headers={"x-priority": str(level)}), now)


@pytest.mark.parametrize(("said", "level"), [("0", 0), ("4", 4), ("9", 9)])
def test_a_digit_is_a_priority(said: str, level: int) -> None:
    assert urgency({"x-priority": said}) == level


@pytest.mark.parametrize("said", ["", "10", "-1", "high", " 5", "5, 9", "٣", "²", "1.0"])
def test_what_is_not_one_digit_counts_as_not_said(said: str) -> None:
    assert urgency({"x-priority": said}) == USUAL
    assert urgency({}) == USUAL


async def test_the_most_urgent_goes_first_and_equals_in_the_order_of_arrival() -> None:
    loop, line = asyncio.get_running_loop(), Line()
    arrivals = [(4, "a"), (0, "b"), (9, "c"), (4, "d"), (9, "e"), (0, "f")]
    names = {}
    for number, (level, name) in enumerate(arrivals):
        one = waiter(loop, level, number * 0.001)
        names[one] = name
        line.add(one)
    assert "".join(names[line.first()] for _ in range(6)) == "ceadbf"
    assert line.length == 0
    assert line.last() is None


async def test_who_has_waited_a_second_longer_per_step_goes_before_the_more_urgent() -> None:
    loop, line = asyncio.get_running_loop(), Line()
    old = waiter(loop, 0, 100.0)
    late, later = waiter(loop, 9, 100.0 + 9 * AGEING - 0.01), waiter(loop, 9, 100.0 + 9 * AGEING + 0.01)
    for one in (old, late, later):
        line.add(one)
    assert [line.first() for _ in range(3)] == [late, old, later]


async def test_whoever_is_removed_is_gone_once() -> None:
    loop, line = asyncio.get_running_loop(), Line()
    one, two = waiter(loop, 4, 0.0), waiter(loop, 4, 1.0)
    line.add(one)
    line.add(two)
    line.remove(one)
    line.remove(one)
    assert line.length == 1
    assert line.first() is two


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0, 20)), min_size=1))
async def test_first_and_last_are_the_ends_of_one_order(arrivals: list[tuple[int, float]]) -> None:
    loop, line = asyncio.get_running_loop(), Line()
    waiters = [waiter(loop, level, now) for level, now in sorted(arrivals, key=lambda one: one[1])]
    for one in waiters:
        line.add(one)
    last = line.last()
    assert last is not None
    assert last.rank == max(one.rank for one in waiters)
    assert [line.first().rank for _ in waiters] == sorted(one.rank for one in waiters)
