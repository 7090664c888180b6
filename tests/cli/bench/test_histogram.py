"""Percentiles from bins: never too low, at most 0.4 % too high, in bounded memory."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.cli.bench.histogram import PERCENTILES, Histogram, place

TIMES = st.lists(st.floats(1e-8, 20_000.0), min_size=1, max_size=200)


def of(seconds: list[float]) -> Histogram:
    histogram = Histogram()
    for each in seconds:
        histogram.add(each)
    return histogram


@given(TIMES)
def test_a_percentile_is_not_below_the_true_one_and_hardly_above(seconds: list[float]) -> None:
    histogram, ranked = of(seconds), sorted(int(each * 1e9) for each in seconds)
    for percent in (1.0, *PERCENTILES.values(), 100.0):
        true = ranked[max(1, int(-(-len(ranked) * percent // 100))) - 1] / 1e9
        assert true <= histogram.at(percent) <= true * 1.004 + 1e-9
    told = histogram.told()
    assert (told["min"], told["max"]) == pytest.approx((ranked[0] / 1e6, ranked[-1] / 1e6))
    assert told["min"] <= told["p50"] <= told["p99.9"] <= told["max"]


@given(TIMES, TIMES)
def test_two_merged_are_one_of_all_and_survive_the_way_between_processes(one: list[float], two: list[float]) -> None:
    merged = of(one)
    merged.merge(Histogram.unpacked(json.loads(json.dumps(of(two).packed()))))
    whole = of(one + two)
    assert merged.bins == whole.bins
    assert merged.told() == pytest.approx(whole.told())


@given(st.integers(0, 1 << 44))
def test_bins_follow_each_other_without_a_gap(value: int) -> None:
    assert place(value + 1) - place(value) in {0, 1}


def test_there_are_some_nine_thousand_bins_whatever_comes() -> None:
    histogram = of([1e9, -1.0, 0.0])
    assert histogram.count == 3
    assert max(histogram.bins) < 10_000
    assert histogram.at(100) > 9 * 3600


def test_nothing_is_told_of_nothing() -> None:
    assert Histogram().told() == {"count": 0}
    assert Histogram().at(99) == 0.0


def test_a_picture_gets_each_bin_ascending() -> None:
    spread = of([0.001, 0.001, 0.5]).spread()
    assert list(spread) == sorted(spread)
    assert sum(spread.values()) == 3
    assert 0.5 <= max(spread) < 0.502
