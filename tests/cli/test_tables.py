"""The words of top."""

from __future__ import annotations

import pytest
from attrs import evolve

from athena.cli.readings import Reading, ServiceReading, WorkerReading
from athena.cli.tables import SERVICES, WORKERS, service_cells, services_table, summary, worker_cells, workers_table

WORKER = WorkerReading(7, "ready", 3 * 2**20, 3725.0, 1, 2, 3, 4)
SERVICE = ServiceReading(
    "ocr",
    "degraded",
    "1 of 2 workers are being restarted",
    12.34,
    1,
    2,
    3,
    0.0123,
    1.5,
    100,
    {"DEADLINE": 2},
    (WORKER,),
)
READING = Reading("athena", 7, "1.2", "serving", 200_000.0, 1.0, 2**31, 4, 5, 6, ("http://127.0.0.1:1",), (SERVICE,))


def test_a_service_is_a_row() -> None:
    cells = [cell.plain for cell in service_cells(SERVICE)]
    state = "degraded 1 of 2 workers are being restarted"
    assert cells == ["ocr", state, "12.3", "1", "2", "3", "12.3 ms", "1.50 s", "DEADLINE 2"]
    assert len(cells) == len(SERVICES)


def test_a_worker_is_a_row() -> None:
    cells = [cell.plain for cell in worker_cells("ocr", WORKER)]
    assert cells == ["ocr", "7", "ready", "3 MiB", "1:02:05", "2", "3", "4", "1"]
    assert len(cells) == len(WORKERS)


def test_what_is_not_known_is_a_dash() -> None:
    idle = evolve(SERVICE, reason="", p50=None, p99=None, faults={})
    assert [cell.plain for cell in service_cells(idle)][-3:] == ["-", "-", "-"]
    assert [cell.plain for cell in worker_cells("x", evolve(WORKER, pid=0, rss=None, age=5.0))][1:5] == [
        "-", "ready", "-", "0:05",
    ]  # fmt: skip


def test_the_kernel_is_a_line() -> None:
    text = summary(READING).plain
    assert text.startswith("athena serving pid 7, 1.2, up 2 d 7 h, RSS 2.0 GiB")
    for part in ("4 in flight, 5 sessions", "6 calls of unknown services", "http://127.0.0.1:1"):
        assert part in text


@pytest.mark.parametrize(("table", "rows"), [(services_table, 1), (workers_table, 1)])
def test_paper_has_all_of_them(table: object, rows: int) -> None:
    made = table(READING)  # type: ignore[operator]
    assert made.row_count == rows
