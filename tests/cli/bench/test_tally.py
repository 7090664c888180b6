"""Rows and totals of several processes."""

from __future__ import annotations

import json
from typing import Any

from athena.cli.bench.recorder import Answered, Recorder, line
from athena.cli.bench.tally import MOST_ROWS, Tally


def said(kind: str, answered: int, failed: int = 0, flying: int = 0) -> dict[str, Any]:
    recorder = Recorder(0.0, 100.0, open_loop=False)
    for number in range(answered + failed):
        recorder.began(0.0, 0.0, 1)
        if number < answered:
            recorder.answered(0.0, 0.0, 0.25, Answered(1, 1))
        else:
            recorder.failed(0.0, 0.25, "OVERLOADED", "full")
    packed = recorder.taken().packed()
    found: dict[str, Any] = json.loads(line(kind, cpu=0.5, flying=flying, over=3.0, **packed))
    return found


def test_lines_of_the_same_second_make_one_row() -> None:
    tally = Tally(2)
    for process in (0, 1):
        tally.take(process, said("seen", 3, flying=process))
        tally.take(process, said("last", 1, failed=1))
    assert [(row.second, row.answered, row.failed) for row in tally.rows] == [(0.0, 6, 0), (1.0, 2, 2)]
    assert [row.flying for row in tally.rows] == [1, 0]
    assert (tally.total.answered, tally.total.failed, tally.share, tally.over, tally.cpu) == (
        8,
        2,
        0.2,
        3.0,
        (0.5, 0.5),
    )
    assert tally.recent is tally.rows[-1]


def test_a_process_without_a_last_word_is_lost() -> None:
    tally = Tally(2)
    tally.take(0, said("last", 1))
    tally.take(1, said("seen", 1))
    assert tally.lost == 1


def test_a_long_run_has_wider_rows_and_loses_no_call() -> None:
    tally = Tally(1)
    for _ in range(2 * MOST_ROWS + 100):
        tally.take(0, said("seen", 1))
    assert len(tally.rows) <= MOST_ROWS
    assert tally.width == 4.0
    assert {row.width for row in tally.rows} == {4.0}
    assert [row.second for row in tally.rows[:3]] == [0.0, 4.0, 8.0]
    assert sum(row.answered for row in tally.rows) == 2 * MOST_ROWS + 100


def test_nothing_yet_is_no_share_of_failures() -> None:
    assert Tally(1).share == 0.0


def test_joined_rows_keep_the_most_that_was_seen_of_the_server() -> None:
    tally = Tally(1)
    tally.row(0.0).server = {"rss": 5.0}
    tally.row(1.0).server = {"rss": 3.0, "cpu": 1.0}
    tally.rows[0].merge(tally.rows[1])
    assert tally.rows[0].server == {"rss": 5.0, "cpu": 1.0}
