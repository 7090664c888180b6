"""How far a run is, in numbers and words."""

from __future__ import annotations

import pytest

from athena.cli.bench.plan import Plan
from athena.cli.bench.progress import Bar, done, standing
from athena.cli.bench.tally import Tally

from .test_tally import said


def test_time_or_calls_say_how_far_it_is() -> None:
    tally = Tally(1)
    tally.take(0, said("seen", 5))
    assert done(Plan("", "", warmup=1.0, duration=3.0), tally, 2.0) == 0.5
    assert done(Plan("", "", requests=20), tally, 2.0) == 0.25
    assert done(Plan("", "", requests=4), tally, 2.0) == 1.0
    assert done(Plan("", "", duration=3.0), tally, -0.2) == 0.0


def test_the_last_second_in_a_few_words() -> None:
    tally = Tally(1)
    tally.take(0, said("seen", 5, failed=1, flying=3))
    assert standing(tally) == "5.00/s  p50 250 ms  p99 250 ms  3 under way  1 failed"
    assert standing(Tally(1)) == "0/s  0 under way"


def test_nobody_who_looks_gets_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar(Plan("", "", duration=1.0), Tally(1)) as bar:
        bar.move(0.0)
    assert capsys.readouterr() == ("", "")
