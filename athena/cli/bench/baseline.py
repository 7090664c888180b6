"""A run beside an earlier one: ratios, for absolute figures move with the machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from attrs import frozen

from .histogram import PERCENTILES

__all__ = ["Ratio", "compare", "differences", "read"]

NOT_COMPARED = {"headers", "seed"}


@frozen
class Ratio:
    """One figure in both runs.

    Attributes:
        name: What it is.
        before: In the earlier run.
        now: In this one.
        better: Whether more is better.
    """

    name: str
    before: float
    now: float
    better: bool = False

    @property
    def ratio(self) -> float:
        """Now as a share of before."""
        return self.now / self.before

    def told(self) -> dict[str, object]:
        """For JSON."""
        return {"name": self.name, "before": self.before, "now": self.now, "ratio": self.ratio}


def read(path: Path) -> dict[str, Any]:  # Any: JSON
    """What ``--save`` has saved.

    Raises:
        click.UsageError: It cannot be read, or is something else.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        text = error.strerror if isinstance(error, OSError) and error.strerror else f"not JSON: {error}"
        raise click.UsageError(f"--baseline {path}: {text.lower()}") from error
    if not isinstance(found, dict) or not {"rate", "milliseconds", "plan", "calls"} <= set(found):
        raise click.UsageError(f"--baseline {path}: no report of athena bench; make one with --save FILE")
    return found


def compare(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Ratio, ...]:  # Any: JSON
    """Every figure that both have, and that is not nothing in the earlier one."""
    return tuple(ratio for ratio in _pairs(before, now) if ratio.before > 0)


def _pairs(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Ratio]:  # Any: JSON
    yield Ratio("answered per second", float(before["rate"]), float(now["rate"]), better=True)
    for name, was in before["milliseconds"].items():
        found = now["milliseconds"].get(name)
        if name == "late" or found is None:
            continue
        for percentile in (*PERCENTILES, "max"):
            if percentile in was and percentile in found:
                yield Ratio(f"{name} {percentile} ms", float(was[percentile]), float(found[percentile]))
    for key, name in (("cpu_us_per_call", "server CPU µs per call"), ("rss_mib_most", "server memory MiB")):
        if key in before.get("server", {}) and key in now.get("server", {}):
            yield Ratio(name, float(before["server"][key]), float(now["server"][key]))


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:  # Any: JSON
    """What the two runs were not asked alike: a ratio of different things says little."""
    was, is_ = before["plan"], json.loads(json.dumps(now["plan"]))
    return tuple(
        f"{key}: {was.get(key)} then, {is_[key]} now"
        for key in is_
        if key not in NOT_COMPARED and key in was and was[key] != is_[key]
    )
