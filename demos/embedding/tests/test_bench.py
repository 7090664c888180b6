"""The measurement of the embedding demo: every way is measured, and the committed figures are of this script."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent.parent


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(HERE))
    spec = importlib.util.spec_from_file_location("embedding_bench", HERE / "bench.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_way_answers_all_it_is_asked(bench: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    assert bench.main(["--seconds", "0.2", "--rounds", "1", "--write", str(path)]) == 0
    found = json.loads(path.read_text(encoding="utf-8"))
    for what in ("texts_per_second", "cpu_ms_per_text"):
        assert list(found[what]) == list(bench.WAYS)
        assert all(0 < each["min"] <= each["median"] <= each["max"] for each in found[what].values())


def test_the_committed_figures_are_what_the_readme_says_and_a_batched_text_costs_less(bench: ModuleType) -> None:
    found = json.loads((HERE / "bench.json").read_text(encoding="utf-8"))
    costs = [found["cpu_ms_per_text"][name]["median"] for name in bench.WAYS]
    rates = [found["texts_per_second"][name]["median"] for name in bench.WAYS]
    assert max(costs[2:]) < min(costs[:2])
    text = (HERE / "README.md").read_text(encoding="utf-8")
    said = [line.split("|")[2:4] for line in text.splitlines() if "caller" in line and line.startswith("|")]
    assert said == [[f" {rate:.0f} ", f" {cost:.1f} "] for rate, cost in zip(rates, costs, strict=True)]
