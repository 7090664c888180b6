"""The figures for people: a table on the terminal, and the same in ``benchmarks/README.md``."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from .judge import Floor
from .measure import ROOT
from .results import Record, Run

README = ROOT / "benchmarks" / "README.md"
BEGIN, END = "<!-- figures: python -m benchmarks report -->", "<!-- end of figures -->"
HEADS = ("row", "judged by", "median", "min – max", "first", "second", "verdict", "Athena", "bare")
COLOURS = {"missed": "red", "first": "green", "second": "bold green", "recorded": "dim"}


def cells(record: Record) -> tuple[str, ...]:
    """One line of the table."""
    low, high = number(record.spread.low), number(record.spread.high)
    verdict = record.verdict + (f", {record.noisy} noisy" if record.noisy else "")
    if record.failed:
        verdict += f", {record.failed} failed"
    return (
        record.name,
        record.by,
        number(record.spread.median),
        f"{low} – {high}",
        bound(record.floor, record.floor.first),
        bound(record.floor, record.floor.second),
        verdict,
        figures(record, ours=True),
        figures(record, ours=False),
    )


def figures(record: Record, *, ours: bool) -> str:
    """What one of the two showed, in a few words."""
    found = record.athena if ours else record.bare
    if "rate" not in found:
        return " ".join(f"{number(value)} {unit}" for unit, value in found.items())
    words = [f"{found['rate']:,.0f}/s", f"{number(found['cpu_us'])} µs CPU"]
    if record.by == "p50":
        words = [f"p50 {number(found['p50_us'])} µs"]
    if "health_us" in found:
        words.append(f"health p50 {number(found['health_us'])} µs")
    return ", ".join(words)


def number(value: float) -> str:
    """A figure, no more exact than it is."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def bound(floor: Floor, value: float | None) -> str:
    """A budget."""
    return "–" if value is None else f"{'≥' if floor.at_least else '≤'} {value:g}"


def show(run: Run, console: Console) -> None:
    """The table on the terminal."""
    table = Table(title=f"{run.commit}, {run.when}; {run.plan.pairs} pairs of {run.plan.seconds:g} s")
    for head in HEADS:
        table.add_column(head, no_wrap=head == "row")
    for record in run.records:
        table.add_row(*cells(record), style=COLOURS[record.verdict])
    console.print(table)


def markdown(run: Run) -> str:
    """The same for the README."""
    machine = dict(run.machine)
    where = ", ".join(
        (machine.pop("cpu"), f"{machine.pop('cores')} cores", machine.pop("memory"), machine.pop("system"))
    )
    lines = [
        f"Commit `{run.commit}`, {run.when}: {where};",
        ", ".join(f"{name} {value}" for name, value in machine.items()) + ".",
        f"A pair is discarded when others used more than {run.plan.noise:g} cores.",
        "",
        "```",
        run.command,
        "```",
        "",
        f"| {' | '.join(HEADS)} |",
        f"|{'---|' * len(HEADS)}",
        *(f"| {' | '.join(cells(record))} |" for record in run.records),
    ]
    return "\n".join(lines)


def put(run: Run, path: Path = README) -> None:
    """Write the figures between their two marks.

    Raises:
        ValueError: The marks are not there.
    """
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path.name}: expected the marks {BEGIN} and {END}")
    path.write_text(f"{before}{BEGIN}\n\n{markdown(run)}\n\n{END}{after}")
