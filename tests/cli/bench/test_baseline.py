"""Ratios against an earlier report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from athena.cli.bench.baseline import compare, differences, read


def report(rate: float, p50: float, **plan: object) -> dict[str, Any]:
    return {
        "rate": rate,
        "milliseconds": {"whole": {"count": 3, "p50": p50, "max": 0.0}, "late": {"p50": 1.0}},
        "plan": {"concurrency": 1, "headers": {}, "seed": 0, **plan},
        "calls": {},
        "server": {"cpu_us_per_call": 50.0},
    }


def test_each_figure_that_both_have_is_a_ratio() -> None:
    found = {each.name: each.ratio for each in compare(report(100.0, 2.0), report(150.0, 1.0))}
    assert found == {"answered per second": 1.5, "whole p50 ms": 0.5, "server CPU µs per call": 1.0}


def test_what_was_asked_differently_is_said() -> None:
    assert differences(report(1, 1), report(1, 1, concurrency=8, seed=3)) == ("concurrency: 1 then, 8 now",)
    assert differences(report(1, 1), report(1, 1)) == ()


def test_a_saved_report_is_read_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps(report(1, 1)))
    assert read(file)["rate"] == 1
    for text, sentence in (("{}", "no report of athena bench"), ("{", "not json"), ("[]", "no report")):
        file.write_text(text)
        with pytest.raises(click.UsageError, match=sentence):
            read(file)
    with pytest.raises(click.UsageError, match="no such file"):
        read(tmp_path / "b.json")
