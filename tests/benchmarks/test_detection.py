"""Batches are judged by the issue's numbers, and the committed figures hold them."""

from __future__ import annotations

import json

from benchmarks.detection import FOLDER, SIZES, Precision, Row, Turn, broken, compared, loaded, precise

GOOD = Precision(0.998, 0.98, 500, 7)


def test_figures_within_every_bound_break_nothing() -> None:
    assert broken([Row("list", 8, 500.0, 600.0, [1.2, 0.9, 1.1]), Row("callers", 1, 9.0, 9.0, [0.95])], GOOD) == []


def test_a_batch_that_costs_more_than_one_by_one_is_named_and_so_is_a_detector_that_sees_little() -> None:
    assert broken([Row("list", 8, 500.0, 400.0, [0.8, 0.94, 1.1])], GOOD) == [
        "list, 8: 0.940 of one by one, at least 0.95"
    ]
    assert broken([], Precision(0.9, 0.8, 500, 7)) == ["mAP@0.5 0.9000 of seed 7, at least 0.95"]


def test_both_take_turns_and_the_first_turn_of_each_counts_for_nothing() -> None:
    turns: list[str] = []

    def side(name: str, images: list[int]):
        def run() -> Turn:
            turns.append(name)
            return Turn(images.pop(0), 1.0, 0.5)

        return run

    row = compared("list", 2, side("A", [1, 100, 200]), side("B", [9, 110, 300]), 2)
    assert "".join(turns) == "ABABAB"
    assert (row.ratios, row.alone, row.together, row.ratio) == ([1.1, 1.5], 150.0, 205.0, 1.3)
    assert (row.core_alone, row.core_together) == (300.0, 410.0)


def test_the_detector_is_looked_at_with_images_of_the_seed() -> None:
    loaded()
    assert precise(11, 20).map50 > 0.9


def test_the_committed_figures_cover_every_size_and_break_nothing() -> None:
    for path in FOLDER.glob("*.json"):
        said = json.loads(path.read_text(encoding="utf-8"))
        assert {(row["name"], row["images"]) for row in said["rows"]} == {
            (name, size) for name in ("list", "callers") for size in SIZES
        }
        assert said["broken"] == []
        assert said["precision"]["map50"] >= 0.95
        assert said["precision"]["images"] == 500
    assert list(FOLDER.glob("*.json"))
