"""``python -m benchmarks.soak``: run it, show it, write it down; ends with 1 when something leaks."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click
from attrs import asdict
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.load import missing
from benchmarks.results import commit, machine

from .run import FULL, Plan, Watched, soak, total

FOLDER = Path(__file__).parent / "results"
console = Console(width=None if sys.stdout.isatty() else 160)


@click.command()
@click.option("--share", default=1.0, show_default=True, type=click.FloatRange(0.001, 10), help="Of the full counts.")
@click.option("--windows", default=10, show_default=True, type=click.IntRange(5), help="Between looks at memory.")
@click.option("--seed", default=1, show_default=True, help="Of everything that is drawn.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Where the result is written.")
def main(share: float, windows: int, seed: int, path: Path | None) -> None:
    """Open and close sessions, break off streams and make calls: files, threads, processes and memory come back."""
    plan = Plan(share, windows, seed, fast=share >= 0.2)
    if plan.fast and (gone := missing()):
        raise click.ClickException(gone)
    name = commit()
    bars = Progress(
        TextColumn("{task.description:16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
    with bars:
        tasks = {phase: bars.add_task(phase, total=plan.count(phase)) for phase in FULL}
        found = asyncio.run(soak(plan, lambda phase, more: bars.advance(tasks[phase], more)))
    console.print(table(found))
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    target = path or FOLDER / f"soak-{when[:10]}-{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(document(when, name, plan, found))
    console.print(f"written to {target.name}")
    if not all(one.good for one in found):
        raise SystemExit(1)


def table(found: Sequence[Watched]) -> Table:
    """The result for people."""
    shown = Table("phase", "executor", "operations", "not given back", "kernel MiB/1e6", "workers MiB/1e6", "bound", "")
    for one in found:
        differs = "; ".join(f"{name}: {text}" for name, text in one.differs.items()) or "nothing"
        slopes = [f"{one.slopes[name]:.1f}" for name in ("kernel", "workers")]
        row = (one.phase, one.executor, f"{one.done:,}", differs, *slopes, f"{one.bound:.0f}")
        shown.add_row(*row, "good" if one.good else "LEAKS")
    return shown


def document(when: str, name: str, plan: Plan, found: Sequence[Watched]) -> str:
    """The result as JSON."""
    told = {
        "when": when,
        "commit": name,
        "seed": plan.seed,
        "command": shlex.join(["python", "-m", "benchmarks.soak", *sys.argv[1:]]),
        "plan": asdict(plan),
        "machine": machine(),
        "operations": {phase: total(phase, found) for phase in FULL},
        "good": all(one.good for one in found),
        "phases": [asdict(one) for one in found],
    }
    return json.dumps(told, indent=1, default=str) + "\n"


if __name__ == "__main__":
    main()
