"""A plan travels whole, shows no credential, and refuses what makes no sense."""

from __future__ import annotations

import json

import click
import pytest
from attrs import evolve

from athena.cli.bench.plan import HIDDEN, Plan, Source, check

PLAN = Plan(
    "x://y",
    "s",
    "session",
    (Source("a", text="é", attributes={"encoding": "utf8"}, pace=0.04), Source("b", path="/tmp/f", by="lines")),
    headers={"authorization": "secret"},
    params={"n": "1"},
    expect=(Source("r", "text"),),
    duration=1.0,
)


def test_it_is_the_same_in_another_process() -> None:
    assert Plan.unpacked(PLAN.packed()) == PLAN


def test_a_report_does_not_tell_what_a_header_says() -> None:
    told = json.dumps(PLAN.told())
    assert "secret" not in told
    assert json.loads(told)["headers"] == {"authorization": HIDDEN}


def test_a_good_plan_passes() -> None:
    assert check(PLAN) is PLAN


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"duration": 0.0}, "nothing to do: say --duration SECONDS or --requests N"),
        ({"processes": 3}, "--processes 3: more than --concurrency 1"),
        ({"processes": 1000, "concurrency": 1000}, "at most 256"),
        ({"concurrency": 10**6}, "at most 100000"),
        ({"concurrency": 8, "processes": 4, "requests": 3}, "more than --requests 3"),
        ({"rate": 1.0, "processes": 4, "in_flight": 2}, "--in-flight 2: fewer than --processes 4"),
        ({"poisson": True}, "--poisson needs --rate"),
        ({"way": "once"}, "--frame-… options are of sessions"),
        ({"way": "once", "sources": (), "lockstep": True}, "--lockstep is of sessions"),
        ({"lockstep": True}, "--lockstep and --frame-ms exclude each other"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(click.UsageError, match=sentence.replace("…", ".")):
        check(evolve(PLAN, **change))
