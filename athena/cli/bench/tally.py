"""What all processes of a load have seen together: the whole run, and a row for each second."""

from __future__ import annotations

from typing import Any

from attrs import define, field

from .histogram import Histogram
from .recorder import Seen

__all__ = ["MOST_ROWS", "Row", "Tally"]

MOST_ROWS = 1000
"""When there are more, two become one: a run of a day is kept in as much memory as one of a quarter of an hour."""


@define
class Row:
    """One stretch of the run.

    Attributes:
        second: Its begin, from the start of the load, warm-up included.
        width: Its seconds.
        answered: Good calls in it.
        failed: Others.
        whole: The good ones' times.
        late: By how much the load was late.
        flying: The most calls under way at an end of a second.
        server: What was sampled of the server: "cpu" in cores, "rss" in MiB, "gpu" in percent, "gpu_memory" in MiB.
    """

    second: float
    width: float
    answered: int = 0
    failed: int = 0
    whole: Histogram = field(factory=Histogram)
    late: Histogram = field(factory=Histogram)
    flying: int = 0
    server: dict[str, float] = field(factory=dict)

    def merge(self, other: Row) -> None:
        """Take the next row into this one."""
        self.width += other.width
        self.answered += other.answered
        self.failed += other.failed
        self.whole.merge(other.whole)
        self.late.merge(other.late)
        self.flying = max(self.flying, other.flying)
        for name, value in other.server.items():
            self.server[name] = max(value, self.server.get(name, 0.0))


@define
class _Process:
    lines: int = 0
    cpu: float = 0.0
    flying: int = 0
    over: float = 0.0
    done: bool = False


class Tally:
    """Takes the lines of every process."""

    def __init__(self, processes: int, interval: float = 1.0) -> None:
        self.total = Seen()
        self.rows: list[Row] = []
        self.width = interval
        self.recent = Row(0.0, interval)
        self._interval = interval
        self._processes = [_Process() for _ in range(processes)]

    def take(self, process: int, said: dict[str, Any]) -> None:  # Any: a line of JSON of our own client
        """One line of one process: what it has seen in the second before."""
        seen = Seen.unpacked(said)
        self.total.merge(seen)
        state = self._processes[process]
        state.cpu, state.flying, state.over = said["cpu"], said["flying"], said["over"]
        state.done = said["kind"] == "last"
        row = self.row(state.lines * self._interval)
        row.answered += seen.answered
        row.failed += seen.failed
        row.whole.merge(seen.times["whole"])
        row.late.merge(seen.times["late"])
        row.flying = max(row.flying, self.flying)
        if row is self.rows[-1] and row.answered + row.failed:
            self.recent = row
        state.lines += 1

    def row(self, second: float) -> Row:
        """The row of a moment; rows are joined when there are too many."""
        while second // self.width >= MOST_ROWS:
            for one, other in zip(self.rows[::2], self.rows[1::2], strict=False):
                one.merge(other)
            self.rows = self.rows[::2]
            self.width *= 2
            for row in self.rows:
                row.width = self.width
        place = int(second // self.width)
        while len(self.rows) <= place:
            self.rows.append(Row(len(self.rows) * self.width, self.width))
        return self.rows[place]

    @property
    def flying(self) -> int:
        """Calls under way, as far as is known."""
        return sum(each.flying for each in self._processes)

    @property
    def over(self) -> float:
        """When the last call was answered or failed."""
        return max(each.over for each in self._processes)

    @property
    def cpu(self) -> tuple[float, ...]:
        """Seconds of CPU that each process of the load has used."""
        return tuple(each.cpu for each in self._processes)

    @property
    def lost(self) -> int:
        """Processes that have not said their last word."""
        return sum(not each.done for each in self._processes)

    @property
    def share(self) -> float:
        """Failed calls of all that are over."""
        over = self.total.answered + self.total.failed
        return self.total.failed / over if over else 0.0
