"""A service's pace: measured over ends in a row, and never over time in which there was nothing to do."""

from __future__ import annotations

import pytest

from athena.service import pace as module
from athena.service.pace import FIRST, WINDOW, Pace


class Hand:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        return self.now


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    clock = Hand()
    monkeypatch.setattr(module, "time", clock)
    return clock


def ends(pace: Pace, hand: Hand, count: int, each: float) -> list[bool]:
    told = []
    for _ in range(count):
        hand.now += each
        told.append(pace.ended())
    return told


def test_the_first_measurement_comes_soon_and_later_ones_seldom(hand: Hand) -> None:
    pace = Pace()
    assert ends(pace, hand, FIRST + 1, 0.5) == [False] * FIRST + [True]
    assert pace.seconds == pytest.approx(0.5)
    looks = hand.looks
    assert ends(pace, hand, WINDOW, 0.5) == [False] * (WINDOW - 1) + [True]
    assert hand.looks == looks + 1


def test_a_new_pace_is_learned_in_a_few_measurements(hand: Hand) -> None:
    pace = Pace()
    ends(pace, hand, 10 * WINDOW, 1.0)
    ends(pace, hand, 10 * WINDOW, 0.01)
    assert pace.seconds == pytest.approx(0.01, rel=0.2)


def test_time_with_nothing_to_do_is_not_counted(hand: Hand) -> None:
    pace = Pace()
    ends(pace, hand, 2 * WINDOW, 0.1)
    pace.row = 0
    hand.now += 3600.0
    ends(pace, hand, WINDOW + 1, 0.1)
    assert pace.seconds == pytest.approx(0.1)
