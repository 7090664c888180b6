"""The arithmetic: from what was counted to a ratio, and from ratios to a verdict. No clock, no process."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from attrs import frozen

OPTIMUM = 32 / (0.005 + 0.0002 * 32)
"""Calls a second that a model of 5 ms and 0.2 ms per item can answer when 32 are in flight: 2,807."""
BUSY = 0.9
"""The share of a core above which whoever has it is the bottleneck."""


@frozen
class Side:
    """One server under one load, for some seconds.

    Attributes:
        rate: Requests (or frames) per second, answered well.
        cpu: Seconds of the server's CPU for one of them.
        server: Cores the server was using.
        client: Cores the load generator was using.
        others: Cores that everything else was using.
        failed: Answers that were not well.
        p50: Median seconds of one request, where the load generator says it.
        health: Median seconds of a health check meanwhile, where one was made.
        worst_health: The longest of them.
    """

    rate: float
    cpu: float
    server: float
    client: float
    others: float
    failed: int = 0
    p50: float | None = None
    health: float | None = None
    worst_health: float | None = None

    @property
    def held_back(self) -> bool:
        """Whether the load generator, not the server, was the bottleneck."""
        return self.client > BUSY and self.server < BUSY


@frozen
class Pair:
    """Athena and the bare server, one right after the other."""

    athena: Side
    bare: Side

    @property
    def noise(self) -> float:
        """Cores that everything else was using in the worse of the two."""
        return max(self.athena.others, self.bare.others)

    def ratio(self, by: str) -> float:
        """Athena beside the bare line: ``throughput`` and ``cpu`` grow when Athena is better, ``p50`` shrinks.

        ``health`` and ``worst_health`` are Athena's own, in milliseconds;
        ``delay`` is no ratio: it is the milliseconds that Athena's p50 is longer. ``optimum`` is Athena's throughput
        beside what arithmetic allows.
        """
        if by == "throughput":
            return self.athena.rate / self.bare.rate
        if by == "cpu":
            return self.bare.cpu / self.athena.cpu
        if by == "p50" and self.athena.p50 is not None and self.bare.p50 is not None:
            return self.athena.p50 / self.bare.p50
        if by in ("health", "worst_health") and (own := getattr(self.athena, by)) is not None:
            return float(own) * 1000
        if by == "delay" and self.athena.p50 is not None and self.bare.p50 is not None:
            return (self.athena.p50 - self.bare.p50) * 1000
        if by == "optimum":
            return self.athena.rate / OPTIMUM
        raise ValueError(f"these pairs do not say {by}")


@frozen
class Spread:
    """A median and what it lies between."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value."""
        return cls(median(values), min(values), max(values))


@frozen
class Floor:
    """A budget: ``at_least`` a ratio, or at most one.

    Attributes:
        first: What is to be reached now; None where the row is only recorded.
        second: What comes next.
        at_least: Whether more is better.
    """

    first: float | None = None
    second: float | None = None
    at_least: bool = True

    def verdict(self, value: float) -> str:
        """``second`` and ``first`` for what is reached, ``missed``, or ``recorded`` where there is no budget."""
        if self.second is not None and self._reached(value, self.second):
            return "second"
        if self.first is not None and self._reached(value, self.first):
            return "first"
        return "recorded" if self.first is self.second is None else "missed"

    def _reached(self, value: float, bound: float) -> bool:
        return value >= bound if self.at_least else value <= bound


def judged_by(pairs: Sequence[Pair]) -> str:
    """``throughput``; ``cpu`` where the load generator held one of the two servers back in most pairs."""
    bound = [pair.athena.held_back or pair.bare.held_back for pair in pairs]
    return "cpu" if sum(bound) * 2 > len(bound) else "throughput"


def keep(pairs: Sequence[Pair], wanted: int, noise: float) -> tuple[list[Pair], int]:
    """The pairs that count: the quiet ones, and the least noisy of the rest where there are too few.

    Returns:
        The pairs in the order they were measured, and how many of them are noisier than they should be.
    """
    calm = [pair for pair in pairs if pair.noise <= noise][:wanted]
    rest = sorted((pair for pair in pairs if pair.noise > noise), key=lambda pair: pair.noise)[: wanted - len(calm)]
    chosen = {id(pair) for pair in (*calm, *rest)}
    return [pair for pair in pairs if id(pair) in chosen], len(rest)
