"""A run is judged, written, read again, and shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import evolve

from benchmarks import report, results
from benchmarks.judge import Floor, Pair, Side
from benchmarks.pairs import Plan
from benchmarks.peers.catalog import CONTESTS
from benchmarks.results import Run, of_pairs, of_samples
from benchmarks.rows import ROWS
from benchmarks.singles import SINGLES, Single

PLAN = Plan(pairs=2, seconds=1.0, noise=0.1)
SIDE = Side(rate=100.0, cpu=0.002, server=1.0, client=0.4, others=0.0, p50=0.001, health=0.0005)
PAIRS = [Pair(evolve(SIDE, rate=rate), evolve(SIDE, rate=200.0)) for rate in (80.0, 100.0)]


@pytest.fixture
def run() -> Run:
    single = Single("import", "import", "", "ms", "difference", lambda: (30.0, 10.0), Floor(40.0, at_least=False))
    records = (of_pairs(ROWS[0], PAIRS, PLAN), of_samples(single, [(30.0, 10.0), (50.0, 10.0), (40.0, 10.0)]))
    return Run("2026-01-01T00:00:00Z", "abc1234", "python -m benchmarks", PLAN, results.machine(), records)


def test_pairs_become_a_record_with_its_verdict(run: Run) -> None:
    record = run.records[0]
    assert (record.by, record.spread.median, record.verdict) == ("throughput", 0.45, "first")
    assert (record.measured, record.noisy, record.failed) == (2, 0, 0)
    assert record.athena["ratio_by_cpu"] == 1.0


def test_single_numbers_become_a_record(run: Run) -> None:
    record = run.records[1]
    assert (record.spread.median, record.spread.low, record.spread.high) == (30.0, 20.0, 40.0)
    assert record.verdict == "first"
    assert record.athena == {"ms": 40.0}


def test_a_run_is_read_as_it_was_written(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run.json"
    run.write(path)
    assert Run.read(path) == run


def test_a_machine_is_described_without_its_name_or_a_path() -> None:
    described = results.machine()
    assert {"cpu", "cores", "memory", "system", "python", "aiohttp"} <= set(described)
    assert all("/work" not in text and "/home" not in text for text in described.values())


def test_the_figures_stand_between_the_marks_and_the_rest_stays(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    (tmp_path / report.FLOORS).touch()
    report.put(run, path, tmp_path)
    text = path.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert f"](plots/{report.FLOORS})" in text
    assert report.PEERS not in text
    assert "| http/128/ase/thread | throughput | 0.45 | 0.40 – 0.50 | ≥ 0.4 | ≥ 0.65 | first |" in text


def test_a_page_without_the_marks_is_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("nothing")
    with pytest.raises(ValueError, match="expected the marks"):
        report.put(run, path)


def test_the_page_of_the_repository_has_the_marks() -> None:
    text = report.README.read_text()
    assert report.BEGIN in text
    assert report.END in text


def test_every_row_has_a_name_of_its_own_and_a_toml_that_is_there() -> None:
    names = [row.name for row in (*ROWS, *SINGLES)]
    assert len(set(names)) == len(names)
    tomls = Path(report.README).parent / "tomls"
    assert all((tomls / f"{row.toml}.toml").is_file() for row in ROWS)


def test_a_run_with_peers_is_read_as_it_was_written_and_an_absent_one_stands_in_the_table(tmp_path: Path) -> None:
    contest = CONTESTS[0]
    record = results.of_contest(contest, ROWS[0], PAIRS, PLAN)
    run = results.begin("python -m benchmarks --peers", PLAN, [record], {"http/128/ase:gone": "no such version"})
    run.write(tmp_path / "run.json")
    assert Run.read(tmp_path / "run.json") == run
    assert run.peers == {"mlserver": "mlserver 1.7.1"}
    page = report.markdown(run)
    assert "| http/128/ase/thread:mlserver | throughput | 0.45 |" in page
    assert "| http/128/ase:gone | – | – | – | – | – | – | absent | no such version |" in page


def test_a_result_from_before_there_were_peers_is_still_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    run.write(path)
    old = json.loads(path.read_text())
    del old["peers"], old["absent"]
    for record in old["records"]:
        del record["peer"]
    path.write_text(json.dumps(old))
    assert Run.read(path) == run
