"""One run from its first process to its report: load, watch, show, say whether it was good."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from attrs import define, field, frozen
from rich.console import Console

from ..terminal import coloured, note
from . import plot
from .baseline import compare, differences, read
from .fleet import Fleet, fleet
from .plan import Plan
from .progress import Bar
from .report import Report, build, document, save_csv, save_json
from .sampling import LOCAL, Gpus, Sample, Tree, listening, monitor, watch
from .tables import show
from .tally import Tally

__all__ = ["Output", "bench"]

GLANCE = 0.2
"""Seconds between two moves of the bar."""
WIDTH = 120
"""Columns of a table that goes into a file or a pipe."""


@frozen
class Output:
    """What is to become of the figures.

    Attributes:
        as_json: Print one document rather than tables.
        quiet: No bar.
        save: Where the document is kept.
        csv: Where a line for each second is.
        plot: Where the picture is.
        baseline: The earlier report.
        pid: The server's process; 0 looks for it.
        notes: What is to be said before the run.
    """

    as_json: bool = False
    quiet: bool = False
    save: Path | None = None
    csv: Path | None = None
    plot: Path | None = None
    baseline: Path | None = None
    pid: int = 0
    notes: tuple[str, ...] = ()


@define
class _Watched:
    """What was seen of the server."""

    samples: list[Sample] = field(factory=list)
    gpus: Gpus = field(factory=Gpus)

    def take(self, sample: Sample) -> None:
        self.samples.append(sample)
        if len(self.samples) > 100_000:  # more than a day of seconds: every other one will do
            del self.samples[1:-1:2]


async def bench(plan: Plan, output: Output, max_errors: float) -> int:
    """Run it and report.

    Args:
        plan: What is sent.
        output: What becomes of the figures.
        max_errors: Share of failures that is still good.

    Returns:
        0, or 1 when more failed than may, nothing was answered, or a process of the load was lost.

    Raises:
        click.UsageError: What is wanted of the figures cannot be had; nothing was sent.
        AthenaError: The load could not begin.
    """
    before = _prepared(output)
    for text in output.notes:
        note(f"xtest: {text}")
    report, tally = await _measure(plan, output)
    figures = report.figures
    ratios = compare(before, figures) if before is not None else ()
    notes = [*report.notes, *(f"baseline: {text}" for text in (differences(before, figures) if before else ()))]
    if before is not None:
        figures["compared"] = [ratio.told() for ratio in ratios]
    figures["notes"] = notes
    if output.save is not None:
        save_json(figures, output.save)
    if output.csv is not None:
        save_csv(figures, output.csv)
    if output.plot is not None:
        plot.draw(figures, report.whole, output.plot)
    if output.as_json:
        click.echo(document(figures), nl=False)
    else:
        # A pipe has no width of its own, and a table squeezed into 80 columns is hard to read.
        width = None if sys.stdout.isatty() else WIDTH
        show(Console(highlight=False, no_color=not coloured(sys.stdout), width=width), figures, notes, ratios)
    return int(tally.share > max_errors or not tally.total.answered or tally.lost > 0)


def _prepared(output: Output) -> dict[str, Any] | None:  # Any: JSON
    """Refuse now what could not be done after the run; the earlier report, where there is one."""
    if output.plot is not None:
        plot.require()
    for option, path in (("--save", output.save), ("--csv", output.csv), ("--plot", output.plot)):
        if path is not None and not os.access(path.absolute().parent, os.W_OK):
            raise click.UsageError(f"{option} {path}: its folder is not there, or may not be written to")
    return read(output.baseline) if output.baseline is not None else None


async def _measure(plan: Plan, output: Output) -> tuple[Report, Tally]:
    tally, watched = Tally(plan.processes), _Watched()
    stopped = asyncio.Event()
    async with fleet(plan) as made:
        start = made.go()
        with _interrupts(made, stopped), Bar(plan, tally, quiet=output.quiet or output.as_json) as bar:
            async with _watching(plan, output.pid, start + plan.warmup, watched):
                await _followed(made, tally, bar, start)
    report = build(plan, tally, start, watched.samples, interrupted=stopped.is_set())
    return report, tally


async def _followed(made: Fleet, tally: Tally, bar: Bar, start: float) -> None:
    """Take every line, and move the bar meanwhile."""
    following = asyncio.create_task(made.lines(tally.take))
    try:
        while not following.done():
            bar.move(start)
            await asyncio.wait({following}, timeout=GLANCE)
        following.result()
    finally:
        following.cancel()


@contextlib.contextmanager
def _interrupts(made: Fleet, stopped: asyncio.Event) -> Iterator[None]:
    """The first Ctrl-C ends the load and leaves the report, the second one leaves nothing."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def told() -> None:
        if stopped.is_set() and task is not None:
            task.cancel()
        stopped.set()
        made.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told)
    try:
        yield
    except asyncio.CancelledError as error:
        raise click.Abort from error
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def _watching(plan: Plan, pid: int, start: float, watched: _Watched) -> AsyncIterator[None]:
    """Look at the server while the block runs, where it is on this machine and we may."""
    psutil = monitor()
    pids: tuple[int, ...] = ()
    if psutil is not None:
        pids = (pid,) if pid else listening(plan.endpoint, psutil)
    elif pid:
        raise click.UsageError("--pid needs psutil: pip install 'athena-serving[bench]'")
    if psutil is None and urlsplit(plan.endpoint).hostname in LOCAL:
        note("the server is not watched: that needs psutil, pip install 'athena-serving[bench]'")
    if psutil is None or not pids:
        yield
        return
    tree = Tree(pids, psutil)
    await watched.gpus.start()
    looking = asyncio.create_task(watch(tree, watched.gpus, watched.take, start))
    try:
        yield
        if time.monotonic() > start:
            watched.take(tree.look(watched.gpus.look()))
    finally:
        looking.cancel()
        await asyncio.wait({looking})
        await watched.gpus.stop()
