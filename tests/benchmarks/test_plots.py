"""The figures are drawn, the same figures always alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from benchmarks import plots, report
from benchmarks.judge import Floor, Spread
from benchmarks.pairs import Plan
from benchmarks.results import Record, Run

ROW = Record(
    "http/128/ase/thread", "HTTP", "thread", "throughput", Spread(0.7, 0.6, 0.8), Floor(0.4, 0.65), "second",
    {"rate": 900.0}, {"rate": 1000.0}, 2,
)  # fmt: skip
COLD = evolve(ROW, name="cold/http/thread", by="ratio", spread=Spread(2.0, 2.0, 2.0), floor=Floor(5.0, 2.5, False))
PEER = evolve(ROW, name="http/128/ase/thread:litserve", peer="litserve", bare={"rate": 100.0}, floor=Floor(None, 9.0))
RUN = Run("2026-01-01T00:00:00Z", "abc1234", "python -m benchmarks", Plan(), {}, (ROW, COLD, PEER))


def test_three_pictures_are_drawn(tmp_path: Path) -> None:
    found = plots.draw(RUN, tmp_path / "plots")
    assert [path.name for path in found] == [report.FLOORS, report.CEILINGS, report.PEERS]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in found)


def test_the_same_figures_are_the_same_picture(tmp_path: Path) -> None:
    first, second = plots.draw(RUN, tmp_path / "one"), plots.draw(RUN, tmp_path / "two")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_picture_of_nothing_is_not_drawn_and_the_last_one_is_gone(tmp_path: Path) -> None:
    plots.draw(RUN, tmp_path)
    assert [path.name for path in plots.draw(evolve(RUN, records=(ROW,)), tmp_path)] == [report.FLOORS]
    assert [path.name for path in tmp_path.iterdir()] == [report.FLOORS]


@pytest.mark.parametrize(
    ("record", "height", "floor"),
    [
        (ROW, 0.7, 0.65),
        (evolve(ROW, floor=Floor(0.4)), 0.7, 0.4),
        (evolve(ROW, floor=Floor()), 0.7, None),
        (COLD, 0.8, 1.0),
        (evolve(COLD, floor=Floor(5.0, None, False)), 0.4, 1.0),
    ],
)
def test_a_ratio_stands_beside_its_floor_and_a_cost_is_a_share_of_its_budget(
    record: Record, height: float, floor: float | None
) -> None:
    assert plots.height(record) == pytest.approx(height)
    assert plots.floor_of(record) == floor
