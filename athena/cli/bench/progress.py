"""The bar on the terminal while a load runs; nothing where nobody looks."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..terminal import coloured
from .plan import Plan
from .tables import number
from .tally import Tally

__all__ = ["Bar", "standing"]


class Bar:
    """How far the run is, and how it goes."""

    def __init__(self, plan: Plan, tally: Tally, *, quiet: bool = False) -> None:
        self._plan = plan
        self._tally = tally
        columns = (
            TextColumn("{task.description}"),
            BarColumn(24),
            TimeElapsedColumn(),
            TextColumn("{task.fields[how]}"),
        )
        console = Console(stderr=True, highlight=False)
        self._progress = Progress(*columns, console=console, transient=True, disable=quiet or not coloured(sys.stderr))
        self._task = self._progress.add_task("warm-up" if plan.warmup else "load", total=1.0, how="")

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    def move(self, start: float) -> None:
        """Show where it stands now."""
        passed = time.monotonic() - start
        self._progress.update(
            self._task,
            completed=done(self._plan, self._tally, passed),
            description="warm-up" if passed < self._plan.warmup else "load",
            how=standing(self._tally),
        )


def done(plan: Plan, tally: Tally, passed: float) -> float:
    """Which share of the run is over, 0 to 1: by time or by calls, whichever is further."""
    by_time = passed / (plan.warmup + plan.duration) if plan.duration else 0.0
    by_calls = (tally.total.answered + tally.total.failed) / plan.requests if plan.requests else 0.0
    return min(max(by_time, by_calls, 0.0), 1.0)


def standing(tally: Tally) -> str:
    """The last second in a few words."""
    row = tally.recent
    words = [f"{number(row.answered / row.width)}/s"]
    if row.whole.count:
        words += [f"p50 {number(row.whole.at(50) * 1e3)} ms", f"p99 {number(row.whole.at(99) * 1e3)} ms"]
    words.append(f"{tally.flying} under way")
    if tally.total.failed:
        words.append(f"{tally.total.failed:,} failed")
    return "  ".join(words)
