"""The figures for people: a table on the terminal, and the same in ``benchmarks/README.md``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .judge import Floor
from .measure import ROOT
from .results import Record, Run

README = ROOT / "benchmarks" / "README.md"
PLOTS = README.parent / "plots"
FLOORS, CEILINGS, PEERS = "floors.png", "ceilings.png", "peers.png"
PICTURES = {
    FLOORS: "ratios beside their floors",
    CEILINGS: "shares of the budgets that are used",
    PEERS: "throughput beside the peers",
}
BEGIN, END = "<!-- figures: python -m benchmarks report -->", "<!-- end of figures -->"
HEADS = ("row", "judged by", "median", "min – max", "first", "second", "verdict", "Athena", "bare")
PEER_HEADS = ("row:peer", *HEADS[1:-1], "peer")
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
    if record.by in ("p50", "delay"):
        words = [f"p50 {number(found['p50_us'])} µs"]
    if record.by == "worst_health":
        return f"longest health check {number(found['worst_health_us'] / 1000)} ms"
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
    """The tables on the terminal."""
    title = f"{run.commit}, {run.when}; {run.plan.pairs} pairs of {run.plan.seconds:g} s"
    for heads, lines in _tables(run):
        table = Table(title=title)
        for head in heads:
            table.add_column(head, no_wrap=head.startswith("row"))
        for line, colour in lines:
            table.add_row(*line, style=colour)
        console.print(table)


def _tables(run: Run) -> list[tuple[Sequence[str], list[tuple[Sequence[str], str]]]]:
    """Athena beside the bare servers, and beside the peers; each line with its colour. None that is empty."""
    bare = [(cells(record), COLOURS[record.verdict]) for record in run.records if not record.peer]
    peers = [(cells(record), COLOURS[record.verdict]) for record in run.records if record.peer]
    # Never silently absent: who could not be measured stands in the table with the reason.
    blank = ("–",) * (len(PEER_HEADS) - 3)
    peers += [((name, *blank, "absent", reason), "yellow") for name, reason in run.absent.items()]
    return [(heads, lines) for heads, lines in ((HEADS, bare), (PEER_HEADS, peers)) if lines]


def markdown(run: Run, pictures: Sequence[str] = ()) -> str:
    """The same for the README, and the pictures there are."""
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
    ]
    for heads, body in _tables(run):
        if heads is PEER_HEADS:
            lines += ["", f"Peers: {', '.join(f'{name} ({value})' for name, value in run.peers.items()) or 'none'}."]
        lines += ["", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
        lines += [f"| {' | '.join(line)} |" for line, _ in body]
    for name in pictures:
        lines += ["", f"![{PICTURES[name]}](plots/{name})"]
    return "\n".join(lines)


def put(run: Run, path: Path = README, plots: Path = PLOTS) -> None:
    """Write the figures between their two marks, with the pictures that have been drawn.

    Raises:
        ValueError: The marks are not there.
    """
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path.name}: expected the marks {BEGIN} and {END}")
    pictures = [name for name in PICTURES if (plots / name).is_file()]
    path.write_text(f"{before}{BEGIN}\n\n{markdown(run, pictures)}\n\n{END}{after}")
