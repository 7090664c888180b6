"""The soak itself: windows of load, what is held after each, and whether that is what was held before."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from .drive import DRIVES, Drive, unary_fast
from .held import Held, Point, slope
from .house import House, housed

__all__ = ["FULL", "Plan", "Watched", "judged", "soak", "total"]

FULL = {"sessions": 50_000, "aborted streams": 20_000, "unary calls": 1_000_000}
EXECUTORS = ("thread", "process")
WIRES = ("http", "grpc", "zmq")
WARM = 0.05
"""Share of each load that is done before anything is counted."""
BOUNDS = {"unary calls": 10.0, "sessions": 1024 * 1e6 / 2**20, "aborted streams": 1024 * 1e6 / 2**20}
"""MiB per million: 10 for calls, a KiB for each session or stream."""
NOISE = 3.0
"""MiB that a process may grow by in a whole phase whatever its slope: a heap's arenas come in pieces."""
REST = 0.5
Progress = Callable[[str, int], None]
"""Told what was done, and how often."""


@frozen
class Plan:
    """How much.

    Attributes:
        share: Of the full counts.
        windows: Between which memory is looked at.
        seed: Of the order of wires and of what sessions do.
        fast: Whether the single calls are made by load generators.
    """

    share: float = 1.0
    windows: int = 10
    seed: int = 1
    fast: bool = True

    def count(self, phase: str) -> int:
        """Operations of one phase, on all kernels together."""
        return round(FULL[phase] * self.share)


@frozen
class Watched:
    """One kernel through one phase.

    Attributes:
        phase, executor: Which.
        done: Operations.
        before, after: What it held.
        differs: What it did not give back; empty when it gave back everything.
        windows: By process (``kernel``, ``workers``): operations done and MiB, after each window.
        slopes: By process: MiB per million operations.
        bound: What a slope may be.
        good: Whether everything is as it must be.
    """

    phase: str
    executor: str
    done: int
    before: Held
    after: Held
    differs: Mapping[str, str]
    windows: Mapping[str, Sequence[Point]]
    slopes: Mapping[str, float]
    bound: float
    good: bool


async def soak(plan: Plan, progress: Progress) -> list[Watched]:
    """Both executors, every wire, every phase."""
    chance = random.Random(plan.seed)
    found: list[Watched] = []
    for executor in EXECUTORS:
        async with housed(executor) as house:
            for phase in FULL:
                found.append(await _phase(house, phase, plan, chance, progress))
    return found


async def _phase(house: House, phase: str, plan: Plan, chance: random.Random, progress: Progress) -> Watched:
    drive = unary_fast if plan.fast and phase == "unary calls" else DRIVES[phase]
    each = -(-plan.count(phase) // (len(EXECUTORS) * plan.windows * len(WIRES)))
    # Warm: what is made once, for the first connection or the first session, is no leak.
    await _window(house, drive, max(32, round(plan.count(phase) * WARM / len(WIRES))), chance)
    await asyncio.sleep(2 * REST)
    before = house.held()
    done, points = 0, {"kernel": [Point(0, before.rss["kernel"])], "workers": [Point(0, before.rss["workers"])]}
    for _ in range(plan.windows):
        more = await _window(house, drive, each, chance)
        progress(phase, more)
        done += more
        await asyncio.sleep(REST)
        now = house.held().rss
        for name, line in points.items():
            line.append(Point(done, now[name]))
    after = await house.settled(before)
    differs = {**after.more_than(before), **_still(await house.busy())}
    return judged(phase, house.executor, done, before, after, differs, points)


async def _window(house: House, drive: Drive, each: int, chance: random.Random) -> int:
    wires = chance.sample(WIRES, len(WIRES))
    return sum([await drive(house, wire, each, chance) for wire in wires])


def _still(busy: Mapping[str, float]) -> dict[str, str]:
    return {name: f"{value:g}, though nobody calls" for name, value in busy.items() if value}


def judged(
    phase: str,
    executor: str,
    done: int,
    before: Held,
    after: Held,
    differs: Mapping[str, str],
    points: Mapping[str, Sequence[Point]],
) -> Watched:
    """Whether a phase left everything as it was."""
    bound = BOUNDS[phase]
    slopes = {name: slope(line) for name, line in points.items()}
    grown = {name: slopes[name] * done / 1e6 for name in slopes}
    good = not differs and all(slopes[name] <= bound or grown[name] <= NOISE for name in slopes)
    return Watched(phase, executor, done, before, after, differs, points, slopes, bound, good)


def total(phase: str, found: Sequence[Watched]) -> int:
    """Operations of a phase, on both kernels."""
    return sum(one.done for one in found if one.phase == phase)
