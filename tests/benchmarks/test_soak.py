"""A fiftieth of the soak, on a real ``athena run``; the whole of it is ``nox -s soak``."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from benchmarks.soak.__main__ import document
from benchmarks.soak.held import Held, Point, slope
from benchmarks.soak.run import FULL, Plan, judged, soak, total

SHARE = 1 / 50
EMPTY = Held(10, 5, 1, 0, {"kernel": 50.0, "workers": 0.0})


@pytest.mark.timeout(600)
async def test_a_fiftieth_of_the_soak_leaves_nothing_behind() -> None:
    told: Counter[str] = Counter()

    def progress(phase: str, more: int) -> None:
        told[phase] += more

    plan = Plan(SHARE, windows=5, seed=2, fast=False)
    found = await soak(plan, progress)
    assert {(one.phase, one.executor) for one in found if not one.good} == set(), document("now", "here", plan, found)
    assert [(one.phase, one.executor) for one in found] == [
        (phase, executor) for executor in ("thread", "process") for phase in FULL
    ]
    for phase, count in FULL.items():
        assert told[phase] == total(phase, found) >= count * SHARE
    said = json.loads(document("now", "here", plan, found))
    assert (said["seed"], said["commit"], said["good"]) == (2, "here", True)


def line(*mib: float) -> list[Point]:
    return [Point(done * 100_000, each) for done, each in enumerate(mib)]


def test_the_slope_is_that_of_the_line_and_needs_five_windows() -> None:
    assert slope(line(50, 51, 52, 53, 54)) == pytest.approx(10.0)
    assert slope(line(50, 50, 50, 50, 50)) == 0.0
    assert slope(line(50, 54, 49, 53, 50)) == pytest.approx(-1.0)
    with pytest.raises(ValueError, match="5 windows"):
        slope(line(1, 2, 3, 4))


def test_what_is_not_given_back_is_named_and_what_grows_is_seen() -> None:
    steady = {"kernel": line(50, 50, 50, 50, 50), "workers": line(0, 0, 0, 0, 0)}
    growing = {**steady, "workers": line(50, 60, 70, 80, 90)}
    more = Held(12, 5, 1, 0, EMPTY.rss)
    assert more.more_than(EMPTY) == {"fds": "10 before, 12 now"}
    assert judged("unary calls", "thread", 400_000, EMPTY, EMPTY, {}, steady).good
    assert not judged("unary calls", "thread", 400_000, EMPTY, EMPTY, {}, growing).good
    assert not judged("unary calls", "thread", 400_000, EMPTY, more, more.more_than(EMPTY), steady).good
    # In a few calls a heap's own steps make any slope.
    assert judged(
        "unary calls", "thread", 400, EMPTY, EMPTY, {}, {"kernel": [Point(n * 100, 50 + n / 4) for n in range(5)]}
    ).good
