"""What a description costs is judged by the budget, and the committed figures keep to it."""

from __future__ import annotations

import json

from benchmarks.validation import FOLDER, MOST, SERVICES, Row, broken, compared


def test_a_cost_within_the_budget_breaks_nothing_and_one_above_it_is_named() -> None:
    assert broken(Row(5.0, 7.0, [1.9, 2.0, 9.0])) == []
    assert broken(Row(5.0, 9.0, [3.0, 3.5, 4.0])) == ["validation costs 3.50 µs a call, at most 3"]


async def test_both_services_are_called_in_turn() -> None:
    row = await compared(3)
    assert len(row.differences) == 3
    assert row.silent > 0 < row.declared
    assert list(SERVICES) == ["silent", "declared"]


def test_the_committed_figures_keep_to_the_budget() -> None:
    for path in FOLDER.glob("*.json"):
        found = json.loads(path.read_text())
        assert found["cost_us"] <= MOST
        assert found["broken"] == []
        assert found["bytes"] == 1024
    assert list(FOLDER.glob("*.json"))
