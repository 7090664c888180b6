"""The figures as pictures in ``benchmarks/plots``: ratios against their floors, and throughput beside the peers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .report import CEILINGS, FLOORS, PEERS, PICTURES, PLOTS
from .results import Record, Run

COLOURS = {"second": "#2a7f3f", "first": "#8fc49c", "missed": "#c0504d", "recorded": "#a9b4c0"}
INK, PALE = "#333333", "#d0d0d0"
DPI = 110


def draw(run: Run, folder: Path = PLOTS) -> list[Path]:
    """Write the pictures in place of the last ones; one that would be empty is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PICTURES:
        (folder / name).unlink(missing_ok=True)
    bare = [record for record in run.records if not record.peer]
    ratios = [record for record in bare if record.floor.at_least]
    costs = [record for record in bare if not record.floor.at_least]
    against = [record for record in run.records if record.peer]
    found = []
    if ratios:
        found.append(_bars(ratios, folder / FLOORS, "Athena ÷ bare server, more is better", run))
    if costs:
        found.append(_bars(costs, folder / CEILINGS, "share of the budget that is used, less is better", run))
    if against:
        found.append(_peers(against, folder / PEERS, run))
    return found


def height(record: Record) -> float:
    """What a bar shows: a ratio as it is; what has a ceiling as the share of it that is used."""
    if record.floor.at_least:
        return record.spread.median
    budget = record.floor.second if record.floor.second is not None else record.floor.first
    return record.spread.median / budget if budget else record.spread.median


def floor_of(record: Record) -> float | None:
    """Where the line stands that the bar has to reach, or must not cross."""
    if not record.floor.at_least:
        return 1.0
    return record.floor.second if record.floor.second is not None else record.floor.first


def _bars(records: Sequence[Record], path: Path, label: str, run: Run) -> Path:
    figure = Figure(figsize=(8, 1.2 + 0.24 * len(records)), layout="tight")
    axes = figure.subplots()
    for place, record in enumerate(records):
        value = height(record)
        axes.barh(place, value, color=COLOURS[record.verdict], height=0.7)
        floor = floor_of(record)
        # Beside the line where the bar ends before it: not across it.
        axes.text(max(value, floor or 0.0), place, f" {value:.2f}", va="center", fontsize=8, color=INK)
        if floor is not None:
            axes.plot([floor, floor], [place - 0.45, place + 0.45], color=INK, linewidth=1.5)
    _names(axes, [record.name for record in records])
    axes.set_xlabel(f"{label}; the dark line is the budget", fontsize=9)
    return _save(figure, path, run)


def _peers(records: Sequence[Record], path: Path, run: Run) -> Path:
    """Calls a second, a panel for each workload: Athena's bars first, then each peer's."""
    panels: dict[str, dict[str, float]] = {}
    for record in records:
        workload = record.name.partition(":")[0].rpartition("/")[0]
        bars = panels.setdefault(workload, {})
        # Athena was measured beside each of them: shown is the least of it.
        ours = f"Athena, {record.executor}"
        bars[ours] = min(record.athena["rate"], bars.get(ours, record.athena["rate"]))
        bars[record.peer] = max(record.bare["rate"], bars.get(record.peer, 0.0))
    counts = [len(bars) for bars in panels.values()]
    figure = Figure(figsize=(8, 0.8 * len(panels) + 0.28 * sum(counts)), layout="tight")
    grid = figure.subplots(len(panels), 1, squeeze=False, height_ratios=counts)
    for axes, (workload, bars) in zip(grid[:, 0], panels.items(), strict=True):
        ordered = sorted(bars.items(), key=lambda bar: (not bar[0].startswith("Athena"), -bar[1]))
        for place, (name, rate) in enumerate(ordered):
            axes.barh(place, rate, color=COLOURS["second" if name.startswith("Athena") else "recorded"], height=0.7)
            axes.text(rate, place, f" {rate:,.0f}/s", va="center", fontsize=8, color=INK)
        _names(axes, [name for name, _ in ordered])
        axes.set_title(workload, fontsize=9, loc="left", color=INK)
    return _save(figure, path, run)


def _names(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(axis="x", color=PALE, linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _save(figure: Figure, path: Path, run: Run) -> Path:
    figure.text(0.99, 0.005, f"{run.commit}, {run.when[:10]}", ha="right", fontsize=7, color="#888888")
    # No date, no version of the library: the same figures are the same file.
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
    return path


if __name__ == "__main__":
    for picture in draw(Run.read(Path(sys.argv[1]))):
        print(f"drawn {picture.name}")
