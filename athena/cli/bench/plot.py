"""A report as a picture: times and rate over the run, how the times are spread, and what the server took."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ..._compat import optional
from .histogram import Histogram
from .tables import number

__all__ = ["draw", "require"]

BLUE, ORANGE, RED, GREY = "#2563a8", "#d97b1f", "#c0392b", "#8a8f98"
BINS = 60


def require() -> None:
    """Refuse before the run what could not be drawn after it.

    Raises:
        click.UsageError: There is no matplotlib.
    """
    try:
        optional("matplotlib", "--plot")
    except ModuleNotFoundError as error:
        raise click.UsageError("--plot needs matplotlib: pip install 'athena-serving[bench]'") from error


def draw(figures: Mapping[str, Any], whole: Histogram, path: Path) -> None:  # Any: JSON, and matplotlib's own
    """Draw it.

    Args:
        figures: The report's.
        whole: The times of the good calls.
        path: Where; its suffix says in which format.
    """
    rows: Sequence[Mapping[str, Any]] = figures["rows"]
    watched = any(row["server_cpu_cores"] is not None for row in rows)
    figure = importlib.import_module("matplotlib.figure").Figure(figsize=(11, 7.5), layout="constrained")
    axes = figure.subplots(2, 2)
    seconds = [row["second"] + row["width"] / 2 for row in rows]
    _times(axes[0][0], seconds, rows)
    _spread(axes[0][1], whole, figures)
    _rate(axes[1][0], seconds, rows, figures["plan"]["rate"])
    if watched:
        _server(axes[1][1], seconds, rows)
    else:
        _flying(axes[1][1], seconds, rows)
    for axis in axes.flat:
        axis.grid(visible=True, color=GREY, alpha=0.25, linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
    plan = figures["plan"]
    load = f"{plan['rate']:g}/s" if plan["rate"] else f"{plan['concurrency']} at a time"
    figure.suptitle(
        f"{plan['service']} at {plan['endpoint']}: {plan['way']}, {load}, {figures['rate']:,.0f}/s answered"
    )
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--plot {path}: {error}") from error


def _times(axis: Any, seconds: Sequence[float], rows: Sequence[Mapping[str, Any]]) -> None:  # Any: matplotlib's own
    for name, colour in (("p50", BLUE), ("p99", ORANGE), ("max", RED)):
        axis.plot(
            seconds, [_or_nan(row[f"{name}_ms"]) for row in rows], color=colour, label=name, marker=".", markersize=4
        )
    axis.set(title="time of a call", xlabel="second of the run", ylabel="ms")
    found = [row[name] for row in rows for name in ("p50_ms", "max_ms") if row[name]]
    if found:
        axis.set_yscale("log")
        _ticks(axis.yaxis, min(found), max(found))
    axis.legend(frameon=False)


def _spread(axis: Any, whole: Histogram, figures: Mapping[str, Any]) -> None:  # Any: matplotlib's own, JSON
    values = whole.spread()
    if values and min(values) > 0:
        least, most = min(values) * 1e3, max(values) * 1e3
        step = (most / least) ** (1 / BINS) or 1.0
        edges = [least * step**number for number in range(BINS + 1)] if most > least else [least * 0.9, least * 1.1]
        axis.hist([value * 1e3 for value in values], bins=edges, weights=list(values.values()), color=BLUE, alpha=0.8)
        axis.set_xscale("log")
        _ticks(axis.xaxis, least, most)
        told = figures["milliseconds"]["whole"]
        for name, colour in (("p50", GREY), ("p99", ORANGE), ("p99.9", RED)):
            axis.axvline(told[name], color=colour, linestyle="--", linewidth=1, label=f"{name} {number(told[name])} ms")
        axis.legend(frameon=False)
    axis.set(title="how the times are spread", xlabel="ms", ylabel="calls")


def _rate(
    axis: Any, seconds: Sequence[float], rows: Sequence[Mapping[str, Any]], asked: float
) -> None:  # Any: as above
    axis.plot(seconds, [_or_nan(row["rate"]) for row in rows], color=BLUE, label="answered", marker=".", markersize=4)
    if asked:
        axis.axhline(asked, color=GREY, linestyle="--", linewidth=1, label="asked for")
    if any(row["failed"] for row in rows):
        axis.plot(seconds, [row["failed"] / row["width"] for row in rows], color=RED, label="failed", marker=".")
    axis.set(title="calls per second", xlabel="second of the run")
    axis.set_ylim(bottom=0)
    axis.legend(frameon=False)


def _server(axis: Any, seconds: Sequence[float], rows: Sequence[Mapping[str, Any]]) -> None:  # Any: as above
    axis.plot(seconds, [_or_nan(row["server_cpu_cores"]) for row in rows], color=BLUE, marker=".", label="CPU, cores")
    axis.set(title="the server", xlabel="second of the run", ylabel="cores")
    axis.set_ylim(bottom=0)
    memory = axis.twinx()
    memory.plot(
        seconds, [_or_nan(row["server_rss_mib"]) for row in rows], color=ORANGE, marker=".", label="memory, MiB"
    )
    memory.set_ylim(0, 1.2 * max(row["server_rss_mib"] or 0.0 for row in rows) or 1.0)
    memory.set_ylabel("MiB")
    if any(row["gpu_percent"] is not None for row in rows):
        axis.plot(seconds, [_or_nan(row["gpu_percent"]) / 100 for row in rows], color=RED, label="GPU, busiest")
    lines = [*axis.get_lines(), *memory.get_lines()]
    axis.legend(lines, [line.get_label() for line in lines], frameon=False, loc="lower right")


def _flying(axis: Any, seconds: Sequence[float], rows: Sequence[Mapping[str, Any]]) -> None:  # Any: as above
    axis.plot(seconds, [row["in_flight"] for row in rows], color=BLUE, marker=".", label="under way")
    axis.set(title="calls under way", xlabel="second of the run")
    axis.set_ylim(bottom=0)
    axis.legend(frameon=False)


def _ticks(axis: Any, least: float, most: float) -> None:  # Any: matplotlib's own
    """1, 2, 5, 10, …: a reader of milliseconds wants no powers of ten."""
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
    steps = (1,) if last - first > 3 else (1, 2, 5)
    values = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    axis.set_ticks([value for value in values if least / 2 <= value <= most * 2])
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter("")


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
