"""The live view, driven by textual's pilot."""

from __future__ import annotations

from textual.widgets import DataTable, Static

from athena.cli.readings import Reader
from athena.cli.screen import Top
from athena.errors import AthenaError, Fault

from .test_readings import Kernel, told


def cells(top: Top, name: str) -> list[list[str]]:
    table: DataTable[object] = top.query_one(f"#{name}", DataTable)
    return [[str(cell) for cell in table.get_row_at(row)] for row in range(table.row_count)]


async def test_it_shows_services_and_workers_and_follows_them() -> None:
    kernel = Kernel(told("ocr"), told("asr", ready=False, reason="has failed"))
    top = Top(Reader(kernel.ask), interval=3600)
    async with top.run_test(size=(140, 30)) as pilot:
        assert [row[:2] for row in cells(top, "services")] == [["ocr", "ready"], ["asr", "down has failed"]]
        assert [row[0] for row in cells(top, "workers")] == ["ocr", "asr"]
        assert "athena serving" in str(top.query_one("#kernel", Static).render())
        kernel.metrics.ended("ocr", "http", Fault.DEADLINE, 0.004)
        kernel.services.pop()
        await top.look()
        await pilot.pause()
        ((name, *_, faults),) = cells(top, "services")
        assert (name, faults) == ("ocr", "DEADLINE 1")
        assert len(cells(top, "workers")) == 1


async def test_it_looks_by_itself_again_and_again() -> None:
    kernel, seen = Kernel(), 0

    def ask(operation: str) -> object:
        nonlocal seen
        seen += operation == "status"
        return kernel.ask(operation)

    async with Top(Reader(ask), interval=0.01).run_test() as pilot:
        for _ in range(500):
            if seen > 3:
                break
            await pilot.pause(0.01)
        assert seen > 3


async def test_space_stops_it_and_q_ends_it() -> None:
    kernel = Kernel()
    top = Top(Reader(kernel.ask), interval=3600)
    async with top.run_test() as pilot:
        await pilot.press("space")
        kernel.services.append(told("asr"))
        await top.look()
        assert len(cells(top, "services")) == 1
        await pilot.press("space")
        await top.look()
        assert len(cells(top, "services")) == 2
        await pilot.press("q")
    assert not top.is_running


async def test_a_kernel_that_goes_away_is_waited_for() -> None:
    kernel, gone = Kernel(), False

    def ask(operation: str) -> object:
        if gone:
            raise AthenaError("no kernel answers at /x")
        return kernel.ask(operation)

    top = Top(Reader(ask), interval=3600)
    async with top.run_test() as pilot:
        gone = True
        await top.look()
        await pilot.pause()
        trouble = top.query_one("#trouble", Static)
        assert (trouble.display, str(trouble.render())) == (True, "no kernel answers at /x")
        assert len(cells(top, "services")) == 1, "what was last seen stays"
        gone = False
        await top.look()
        assert not trouble.display
