"""From a tally to figures, JSON and CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from attrs import evolve

from athena.cli.bench.plan import Plan
from athena.cli.bench.report import COLUMNS, Report, build, save_csv, save_json
from athena.cli.bench.sampling import Sample
from athena.cli.bench.tally import Tally

from .test_tally import said

PLAN = Plan("x://y", "s", headers={"authorization": "secret"}, warmup=1.0, duration=2.0)


def made(plan: Plan = PLAN, **more: object) -> tuple[Report, Tally]:
    tally = Tally(1)
    for kind, answered, failed in (("seen", 0, 0), ("seen", 4, 0), ("last", 2, 2)):
        tally.take(0, {**said(kind, answered, failed), "over": 3.5, **more})
    samples = [Sample(float(second), second * 0.5, (second + 1) << 20, ((50.0, 100.0),)) for second in (1, 2, 3)]
    return build(plan, tally, 0.0, samples), tally


def test_the_rate_is_what_was_answered_in_the_counted_time() -> None:
    figures = made()[0].figures
    assert (figures["rate"], figures["seconds"]) == (3.0, 2.0)
    assert figures["calls"]["failed_share"] == 0.25
    assert figures["errors"] == [{"fault": "OVERLOADED", "message": "full", "count": 2}]
    assert figures["milliseconds"]["whole"]["count"] == 6
    early = made(evolve(PLAN, duration=0.0, requests=8))[0].figures
    assert (early["rate"], early["seconds"]) == (6 / 2.5, 2.5)


def test_the_server_is_told_per_call_and_beside_the_rows() -> None:
    figures = made()[0].figures
    assert figures["server"]["cpu_cores"] == 0.5
    assert figures["server"]["cpu_us_per_call"] == pytest.approx(1e6 / 8)
    assert (figures["server"]["rss_mib_most"], figures["server"]["gpu_mib_most"]) == (4.0, 100.0)
    assert [row["second"] for row in figures["rows"]] == [1.0, 2.0]
    assert (figures["rows"][0]["server_cpu_cores"], figures["rows"][0]["gpu_percent"]) == (0.5, 50.0)


def test_what_makes_figures_doubtful_is_noted() -> None:
    assert made()[0].notes == ()
    (busy,) = made(cpu=3.4)[0].notes
    assert "a process of the load used 97% of a core" in busy
    (lost,) = made(kind="seen")[0].notes
    assert "1 of 1 processes of the load did not finish" in lost


def test_a_row_that_is_cut_short_has_the_rate_of_its_own_length() -> None:
    rows = made(evolve(PLAN, duration=1.5))[0].figures["rows"]
    assert [row["rate"] for row in rows] == [4.0, 4.0]


def test_files_have_all_of_it_and_no_credential(tmp_path: Path) -> None:
    figures = made()[0].figures
    save_json(figures, tmp_path / "a.json")
    save_csv(figures, tmp_path / "a.csv")
    text = (tmp_path / "a.json").read_text()
    assert "secret" not in text
    assert json.loads(text)["rate"] == 3.0
    with (tmp_path / "a.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["answered"] for row in rows] == ["4", "2"]
