"""The fuzzing that atheris guides: how it is started, what is read of it, and that the committed run is good."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from benchmarks.fuzz import guided
from benchmarks.fuzz.guided import command_of, edges_of, run_one
from benchmarks.fuzz.run import FULL
from benchmarks.fuzz.targets import Target, targets

MINE = next(target for target in targets() if target.name == "strict json")


def test_each_target_has_its_own_seed_and_the_same_for_the_same(tmp_path: Path) -> None:
    first, second = (command_of(MINE, 10, seed, tmp_path) for seed in (1, 2))
    assert first == command_of(MINE, 10, 1, tmp_path)
    assert first != second
    assert first[:5] == (sys.executable, "-m", "benchmarks.fuzz.underneath", "strict json", "10")
    assert f"-runs={110 + len(MINE.seeds)}" in first


def test_the_last_count_of_edges_is_read() -> None:
    assert edges_of("#2 INITED cov: 7 ft: 7 corp: 1/1b\n#99 NEW    cov: 282 ft: 300 corp: 9/9b\nDone 100 runs") == 282
    assert edges_of("Traceback") == 0


def test_where_atheris_is_not_that_is_the_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "atheris.py").write_text("raise ModuleNotFoundError(\"No module named 'atheris'\")")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = run_one(MINE, 10, 1)
    assert "No module named 'atheris'" in found.result.findings[0].trace


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this Python")
def test_atheris_runs_as_many_inputs_as_it_is_told_and_reaches_code() -> None:
    found = run_one(MINE, 500, 1)
    assert (found.result.inputs, found.result.findings) == (500, [])
    assert found.edges > 5


def test_the_committed_result_is_of_a_million_inputs_and_good() -> None:
    said = json.loads(max(guided.FOLDER.glob("guided-*.json")).read_text(encoding="utf-8"))
    assert (said["inputs"] >= FULL, said["good"]) == (True, True)
    assert {one["target"] for one in said["targets"]} <= {target.name for target in targets()}
    assert all(one["edges"] >= 4 for one in said["targets"])


def test_a_target_that_there_is_not_is_a_finding_too() -> None:
    assert run_one(Target("nobody", (b"",), bytes), 10, 1).result.findings
