"""What came of a run, as one value: made once, then printed, saved, drawn and compared."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from attrs import frozen

from ... import __version__
from .histogram import Histogram
from .plan import Plan
from .recorder import TIMES
from .sampling import Sample
from .tally import Row, Tally

__all__ = ["BUSY", "Report", "build", "document", "save_csv", "save_json"]

BUSY = 0.9
"""Share of a core above which a process of the load is itself what is measured."""
COLUMNS = (
    *("second", "width", "answered", "failed", "rate", "p50_ms", "p90_ms", "p99_ms", "max_ms", "late_p99_ms"),
    *("in_flight", "server_cpu_cores", "server_rss_mib", "gpu_percent", "gpu_mib"),
)


@frozen
class Report:
    """One run.

    Attributes:
        figures: All of it, as JSON has it.
        whole: The times of the good calls, for a picture.
        notes: What a reader must know before believing it.
    """

    figures: dict[str, Any]  # Any: JSON
    whole: Histogram
    notes: tuple[str, ...] = ()


def build(
    plan: Plan,
    tally: Tally,
    start: float,
    samples: Sequence[Sample] = (),
    *,
    interrupted: bool = False,
) -> Report:
    """Put together what was seen.

    Args:
        plan: What was asked for.
        tally: What the load saw.
        start: When it began.
        samples: What was seen of the server.
        interrupted: Whether somebody ended it early.
    """
    total = tally.total
    begin = start + plan.warmup
    seconds = max(tally.over - begin, 0.0)
    if plan.duration:
        seconds = min(seconds, plan.duration)
    rate = total.timely / seconds if seconds else 0.0
    _put_samples(tally, samples, start)
    wall = max(tally.over - start, 1e-9)
    generator = {"processes": plan.processes, "cpu_cores": [round(cpu / wall, 3) for cpu in tally.cpu]}
    server = _server(samples, total.answered + total.failed)
    figures: dict[str, Any] = {  # Any: JSON
        "athena": __version__,
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "plan": plan.told(),
        "interrupted": interrupted,
        "seconds": seconds,
        "calls": _calls(tally),
        "rate": rate,
        "milliseconds": {name: total.times[name].told() for name in TIMES if total.times[name].count},
        "errors": [
            {"fault": fault, "message": message, "count": count}
            for (fault, message), count in sorted(total.faults.items(), key=lambda item: -item[1])
        ],
        "generator": generator,
        "server": server,
        "rows": [_row(row) for row in tally.rows if row.second + row.width > plan.warmup],
    }
    _close(figures["rows"], plan, tally.over - start)
    return Report(figures, total.times["whole"], tuple(_notes(plan, tally, generator["cpu_cores"])))


def _calls(tally: Tally) -> dict[str, float]:
    total = tally.total
    return {
        "begun": total.began,
        "answered": total.answered,
        "failed": total.failed,
        "failed_share": tally.share,
        "replies": total.replies,
        "bytes_sent": total.sent,
        "bytes_received": total.received,
    }


def _notes(plan: Plan, tally: Tally, cores: Any) -> list[str]:  # Any: a list of floats within JSON
    found = []
    if tally.lost:
        found.append(f"{tally.lost} of {plan.processes} processes of the load did not finish: the figures are too low")
    if max(cores, default=0.0) > BUSY:
        found.append(f"a process of the load used {max(cores):.0%} of a core, so it measures itself: raise --processes")
    late, whole = tally.total.times["late"], tally.total.times["whole"]
    if late.count and whole.count and late.at(99) > 0.5 * whole.at(99) > 0.001:
        found.append(
            "half of the p99 or more is the load sending late: raise --processes or --in-flight, or lower --rate"
        )
    return found


def _put_samples(tally: Tally, samples: Sequence[Sample], start: float) -> None:
    """Lay what was seen of the server beside the rows."""
    for before, after in pairwise(samples):
        row = tally.row(max(before.when - start, 0.0))
        passed = after.when - before.when
        if passed < tally.width / 5 or before.when >= tally.over:
            continue  # too short to say how many cores that was, or no longer under load
        row.server = {"cpu": (after.cpu - before.cpu) / passed, "rss": after.rss / 2**20}
        if after.gpus:
            row.server["gpu"] = max(busy for busy, _ in after.gpus)
            row.server["gpu_memory"] = sum(memory for _, memory in after.gpus)


def _server(samples: Sequence[Sample], calls: int) -> dict[str, float]:
    if len(samples) < 2:
        return {}
    first, last = samples[0], samples[-1]
    used, passed = last.cpu - first.cpu, max(last.when - first.when, 1e-9)
    found = {
        "cpu_cores": used / passed,
        "rss_mib_first": first.rss / 2**20,
        "rss_mib_last": last.rss / 2**20,
        "rss_mib_most": max(sample.rss for sample in samples) / 2**20,
    }
    if calls:
        found["cpu_us_per_call"] = used / calls * 1e6
    watched = [sample.gpus for sample in samples if sample.gpus]
    if watched:
        found["gpu_percent_mean"] = sum(max(busy for busy, _ in gpus) for gpus in watched) / len(watched)
        found["gpu_mib_most"] = max(sum(memory for _, memory in gpus) for gpus in watched)
    return found


def _close(rows: list[dict[str, float | None]], plan: Plan, over: float) -> None:
    """The last row is shorter than the others, and one after the end has the last answers and no rate."""
    end = plan.warmup + plan.duration if plan.duration else over
    for row in rows:
        second, width = row["second"] or 0.0, row["width"] or 1.0
        passed = min(over, end) - second
        if passed < width * 0.999:
            row["rate"] = (row["answered"] or 0.0) / passed if passed > width / 10 else None


def _row(row: Row) -> dict[str, float | None]:
    answered = row.whole.count > 0
    values = (
        *(row.second, row.width, row.answered, row.failed, row.answered / row.width),
        *(row.whole.at(percent) * 1e3 if answered else None for percent in (50, 90, 99)),
        row.whole.most / 1e6 if answered else None,
        row.late.at(99) * 1e3 if row.late.count else None,
        row.flying,
        *(row.server.get(name) for name in ("cpu", "rss", "gpu", "gpu_memory")),
    )
    return dict(zip(COLUMNS, values, strict=True))


def document(figures: Mapping[str, object]) -> str:
    """All figures as JSON, for a program or a later ``--baseline``."""
    return json.dumps(figures, ensure_ascii=False, indent=2) + "\n"


def save_json(figures: Mapping[str, object], path: Path) -> None:
    """The same in a file."""
    path.write_text(document(figures), "utf-8")


def save_csv(figures: Mapping[str, Any], path: Path) -> None:  # Any: JSON
    """One line for each stretch of the run, so a long run is no longer than a short one by more than its seconds."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(figures["rows"])
