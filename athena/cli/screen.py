"""The live view of ``athena top``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Footer, Static

from ..errors import AthenaError
from .readings import Reader, Reading
from .tables import SERVICES, WORKERS, service_cells, summary, worker_cells

__all__ = ["Top"]


class Top(App[None]):
    """Two tables that follow one kernel.

    Attributes:
        paused: Whether the tables stand still.
    """

    TITLE = "athena top"
    CSS = """
    #kernel { height: auto; padding: 0 1; background: $panel; }
    #trouble { height: auto; padding: 0 1; color: $error; display: none; }
    #services { height: auto; max-height: 50%; }
    #workers { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit"),
        Binding("space", "pause", "Pause"),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, reader: Reader, interval: float) -> None:
        super().__init__()
        self.paused = False
        self._reader = reader
        self._interval = interval
        self._looking = False

    def compose(self) -> ComposeResult:
        """The line about the kernel, the tables, the keys."""
        yield Static(id="kernel")
        yield Static(id="trouble")
        yield DataTable(id="services", cursor_type="none", zebra_stripes=True)
        yield DataTable(id="workers", cursor_type="none", zebra_stripes=True)
        yield Footer()

    async def on_mount(self) -> None:
        """Look at once, and again and again."""
        self._table("services").add_columns(*SERVICES)
        self._table("workers").add_columns(*WORKERS)
        self.set_interval(self._interval, self.look)
        await self.look()

    def action_pause(self) -> None:
        """Stand still, or go on."""
        self.paused = not self.paused

    async def look(self) -> None:
        """Read the kernel once, in a thread, and show what it says."""
        if self.paused or self._looking:
            return
        self._looking = True
        try:
            reading = await asyncio.to_thread(self._reader.read)
        except AthenaError as error:
            self._complain(str(error))
        else:
            self._complain("")
            self._show(reading)
        finally:
            self._looking = False

    def _show(self, reading: Reading) -> None:
        self.query_one("#kernel", Static).update(summary(reading))
        self._fill("services", (service_cells(service) for service in reading.services))
        rows = (worker_cells(service.name, worker) for service in reading.services for worker in service.workers)
        self._fill("workers", rows)

    def _fill(self, name: str, rows: Iterable[tuple[Text, ...]]) -> None:
        table = self._table(name)
        scrolled = table.scroll_offset
        table.clear()
        for row in rows:
            table.add_row(*row)
        table.scroll_to(scrolled.x, scrolled.y, animate=False)

    def _complain(self, text: str) -> None:
        trouble = self.query_one("#trouble", Static)
        trouble.display = bool(text)
        trouble.update(Text(text))

    def _table(self, name: str) -> DataTable[Text]:
        found: DataTable[Text] = self.query_one(f"#{name}", DataTable)
        return found
