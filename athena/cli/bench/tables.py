"""A report for people, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from .baseline import Ratio
from .histogram import PERCENTILES
from .recorder import TIMES

__all__ = ["number", "show"]

CALLS = {"once": "calls", "stream": "streams", "session": "sessions"}
HEADS = ("mean", *PERCENTILES, "max")


def show(
    console: Console, figures: Mapping[str, Any], notes: Sequence[str], ratios: Sequence[Ratio]
) -> None:  # Any: JSON
    """Print all of it."""
    calls = figures["calls"]
    console.print(_summary(figures))
    if calls["bytes_sent"] + calls["bytes_received"] > 0:
        sent, received = _size(calls["bytes_sent"]), _size(calls["bytes_received"])
        console.print(f"replies {calls['replies']:,}   sent {sent}   received {received}")
    if figures["milliseconds"]:
        console.print(_times(figures["milliseconds"]))
        for name in figures["milliseconds"]:
            console.print(f"{name}: {TIMES[name]}", style="dim")
    if figures["errors"]:
        console.print(_errors(figures["errors"]))
    if figures["server"]:
        console.print(_server(figures["server"]))
    if ratios:
        console.print(_ratios(ratios))
    for note in notes:
        console.print(f"note: {note}", style="yellow", markup=False)


def number(value: float) -> str:
    """A figure, no more exact than it is."""
    if value == 0:
        return "0"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}" if value < 1 else f"{value:.2f}"


def _summary(figures: Mapping[str, Any]) -> str:  # Any: JSON
    calls, plan = figures["calls"], figures["plan"]
    how = f"{plan['rate']:g}/s asked for" if plan["rate"] else f"{plan['concurrency']} at a time"
    failed = f"[red]{calls['failed']:,} failed ({calls['failed_share']:.2%})[/red]" if calls["failed"] else "0 failed"
    early = ", interrupted" if figures["interrupted"] else ""
    return (
        f"[bold]{number(figures['rate'])} {CALLS[plan['way']]}/s[/bold]   {calls['answered']:,} answered, {failed}"
        f"   in {figures['seconds']:.1f} s, {how}{early}"
    )


def _times(times: Mapping[str, Mapping[str, float]]) -> Table:
    table = Table(title="milliseconds", title_justify="left")
    table.add_column("time")
    for head in ("count", *HEADS):
        table.add_column(head, justify="right", no_wrap=True)
    for name, found in times.items():
        table.add_row(name, f"{found['count']:,.0f}", *(number(found[head]) for head in HEADS))
    return table


def _errors(errors: Sequence[Mapping[str, Any]]) -> Table:  # Any: JSON
    table = Table(title="errors", title_justify="left")
    table.add_column("count", justify="right")
    table.add_column("fault", style="red")
    table.add_column("message", overflow="fold")
    for error in errors:
        # The message is the other side's: no markup is read in it.
        table.add_row(f"{error['count']:,}", error["fault"], _plain(error["message"]))
    return table


def _server(server: Mapping[str, float]) -> str:
    words = [f"CPU {server['cpu_cores']:.2f} cores"]
    if "cpu_us_per_call" in server:
        words.append(f"{number(server['cpu_us_per_call'])} µs per call")
    words.append(f"memory {server['rss_mib_first']:.0f} → {server['rss_mib_last']:.0f} MiB")
    words.append(f"(most {server['rss_mib_most']:.0f})")
    if "gpu_percent_mean" in server:
        words.append(f"  GPU {server['gpu_percent_mean']:.0f} %, {server['gpu_mib_most']:,.0f} MiB")
    return "server: " + " ".join(words)


def _ratios(ratios: Sequence[Ratio]) -> Table:
    table = Table(title="against the baseline", title_justify="left")
    for head in ("figure", "before", "now", "ratio"):
        table.add_column(head, justify="left" if head == "figure" else "right")
    for ratio in ratios:
        worse = ratio.ratio < 0.95 if ratio.better else ratio.ratio > 1.05
        better = ratio.ratio > 1.05 if ratio.better else ratio.ratio < 0.95
        style = "red" if worse else "green" if better else ""
        table.add_row(ratio.name, number(ratio.before), number(ratio.now), f"{ratio.ratio:.2f}", style=style)
    return table


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:,.1f} GiB"


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
