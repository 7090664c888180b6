"""Calls of every kind leave nothing behind, by AddressSanitizer's account. Ten thousand: ``nox -s leaks``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools import leaks


def under_asan(count: int, *flags: str) -> Any:
    try:
        return leaks.under_asan(count, *flags)
    except LookupError as error:
        pytest.skip(f"no memory checker here: {error}")


@pytest.mark.slow
def test_what_is_left_behind_does_not_grow_with_the_calls() -> None:
    few, many = under_asan(32), under_asan(320)
    assert (few["calls"], many["calls"]) == (32, 320)
    assert many["destroyed"] > few["destroyed"] > 0
    assert leaks.grown(few, many) == []


@pytest.mark.slow
def test_results_that_were_not_handed_back_would_be_seen() -> None:
    found = under_asan(32, "-DWITHOUT_wrapperExecFree")
    assert found["leaked_bytes"] > 0
    assert found["alive"] > 0
    assert leaks.grown(found, found) != []


def test_the_result_that_is_committed_is_of_ten_thousand_and_nothing_grew() -> None:
    results = sorted((Path(leaks.RESULTS)).glob("*.json"))
    assert results, "nox -s leaks -- --write puts one there"
    result = json.loads(results[-1].read_text(encoding="utf-8"))
    for checker in ("asan", "valgrind"):
        assert result[checker]["many"]["calls"] >= 10_000
        assert leaks.grown(result[checker]["few"], result[checker]["many"]) == []
    assert result["asan"]["many"]["leaked_bytes"] == 0
    assert result["valgrind"]["many"]["lost_bytes"]["definitely"] == 0
