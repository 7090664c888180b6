"""``python -m benchmarks``: measure, judge, write down."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from . import report as reports
from .load import missing
from .pairs import LOAD_CORE, Plan, measure
from .results import Record, Run, begin, newest, of_pairs, of_samples, place
from .rows import ROWS, Row
from .singles import SINGLES, Single

FAILED: list[str] = []
console = Console(width=None if sys.stdout.isatty() else 200)


@click.group(invoke_without_command=True)
@click.option("--rows", "pattern", default="", metavar="PATTERN", help="Only rows whose name this finds (a regex).")
@click.option("--pairs", default=5, show_default=True, type=click.IntRange(1), help="Pairs that count, a row.")
@click.option("--seconds", default=3.0, show_default=True, type=click.FloatRange(1), help="Seconds of each half.")
@click.option("--noise", default=0.1, show_default=True, help="Cores that others may use before a pair is discarded.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Where the result is written.")
@click.option("--list", "listing", is_flag=True, help="Print the rows' names.")
@click.pass_context
def main(
    context: click.Context, pattern: str, pairs: int, seconds: float, noise: float, path: Path | None, listing: bool
) -> None:
    """Measure Athena beside bare servers, in pairs, on two cores."""
    if context.invoked_subcommand is not None:
        return
    if listing:
        click.echo("\n".join([*(row.name for row in ROWS), *(single.name for single in SINGLES)]))
        return
    if gone := missing():
        raise click.ClickException(gone)
    if len(os.sched_getaffinity(0)) < 2:
        raise click.ClickException("two cores are needed: one for the server, one for the load")
    plan = Plan(pairs, seconds, noise)
    os.sched_setaffinity(0, {LOAD_CORE})
    records: list[Record] = []
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    for record in _records(re.compile(pattern), plan):
        records.append(record)
        run = begin(command, plan, records)
        run.write(path or place(run))  # after every row: an hour is not lost to the last one
        console.print("  ".join(reports.cells(record)), style=reports.COLOURS[record.verdict])
    if not records and not FAILED:
        raise click.ClickException(f"no row has {pattern!r} in its name; --list prints them")
    if records:
        reports.show(run, console)
        console.print(f"written to {(path or place(run)).name}")
    if FAILED:
        raise click.ClickException(f"could not be measured: {', '.join(FAILED)}")


def _records(wanted: re.Pattern[str], plan: Plan) -> Iterator[Record]:
    """Row by row; one that fails is told and left out."""
    takes: list[tuple[str, Callable[[], Record]]] = [(row.name, partial(_pairs, row, plan)) for row in ROWS]
    takes += [(single.name, partial(_samples, single, plan)) for single in SINGLES]
    for name, take in takes:
        if not wanted.search(name):
            continue
        try:
            record = take()
        except Exception as error:
            FAILED.append(name)
            console.print(f"{name}: {type(error).__name__}: {error}", style="red")
        else:
            yield record


def _pairs(row: Row, plan: Plan) -> Record:
    return of_pairs(row, measure(row, plan, lambda text: console.print(text, style="dim")), plan)


def _samples(single: Single, plan: Plan) -> Record:
    return of_samples(single, [single.take() for _ in range(plan.pairs)])


@main.command("report")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
def report(path: Path | None) -> None:
    """Write the figures of PATH (the newest result where none is named) into benchmarks/README.md."""
    found = path or newest()
    if found is None:
        raise click.ClickException("there is no result yet; run python -m benchmarks")
    run = Run.read(found)
    reports.show(run, console)
    reports.put(run)


if __name__ == "__main__":
    main()
