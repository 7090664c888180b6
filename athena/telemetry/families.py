"""Families of figures: label values, and for each a plain number that its owner changes in place.

Nothing here locks and nothing here runs when a figure changes: the loop's thread alone writes, and the rendering reads.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from .text import sample

__all__ = ["BUCKETS", "Asked", "Counter", "Gauge", "Histogram", "Series"]

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of what is measured in seconds."""
Gauge = Callable[[], Iterable[tuple[Sequence[str], float]]]
"""Asked at every scrape: label values, and the value."""


class Counter(dict[tuple[str, ...], int]):
    """Counts by label values; ``counts["ocr", "killed"] += 1`` is all there is to it.

    Attributes:
        asks: Whoever counts for itself, asked at every scrape.
    """

    kind = "counter"

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__()
        self.labels = tuple(labels)
        self.asks: list[Gauge] = []

    def __missing__(self, values: tuple[str, ...]) -> int:
        return 0

    def lines(self, name: str) -> Iterator[str]:
        """The samples, as Prometheus reads them."""
        for values, count in chain(self.items(), *(ask() for ask in self.asks)):
            yield sample(name, dict(zip(self.labels, values, strict=True)), count)


class Series:
    """How often each bucket was hit, and the sum of everything.

    Attributes:
        counts: By bucket; the last one is for what is beyond every bound.
        total: The sum.
    """

    __slots__ = ("counts", "total")

    def __init__(self, buckets: int) -> None:
        self.counts = [0] * (buckets + 1)
        self.total = 0.0


class Histogram(dict[tuple[str, ...], Series]):
    """Distributions by label values."""

    kind = "histogram"

    def __init__(self, labels: Sequence[str], bounds: Sequence[float] = BUCKETS) -> None:
        super().__init__()
        self.labels = tuple(labels)
        self.bounds = tuple(bounds)

    def __missing__(self, values: tuple[str, ...]) -> Series:
        series = self[values] = Series(len(self.bounds))
        return series

    def observe(self, values: tuple[str, ...], amount: float) -> None:
        """Count one amount."""
        series = self[values]
        series.counts[bisect_left(self.bounds, amount)] += 1
        series.total += amount

    def lines(self, name: str) -> Iterator[str]:
        """The samples, as Prometheus reads them."""
        bounds = (*map(str, self.bounds), "+Inf")
        for values, series in self.items():
            labels = dict(zip(self.labels, values, strict=True))
            below = 0
            for bound, count in zip(bounds, series.counts, strict=True):
                below += count
                yield sample(f"{name}_bucket", {**labels, "le": bound}, below)
            yield sample(f"{name}_count", labels, below)
            yield sample(f"{name}_sum", labels, series.total)


class Asked:
    """Gauges: whoever knows is asked at every scrape."""

    kind = "gauge"

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self.asks: list[Gauge] = []

    def lines(self, name: str) -> Iterator[str]:
        """The samples, as Prometheus reads them."""
        for ask in self.asks:
            for values, value in ask():
                yield sample(name, dict(zip(self.labels, values, strict=True)), value)
