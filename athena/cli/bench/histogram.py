"""Times in bounded memory: 256 bins to every doubling, so that a percentile is never more than 0.4 % too high."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["PERCENTILES", "Histogram"]

PERCENTILES = {"p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "p99.9": 99.9}
"""What a report shows, by name."""

_BITS = 9
_HALF = 1 << (_BITS - 1)
_MOST = (1 << 45) - 1
"""Nanoseconds, nearly ten hours: what takes longer is counted as that long."""


class Histogram:
    """Counts of times, as HdrHistogram keeps them: linear within a doubling, so at most some nine thousand bins."""

    __slots__ = ("bins", "count", "least", "most", "total")
    __hash__ = None  # type: ignore[assignment]  # it changes, so it is equal for a moment only

    def __init__(self) -> None:
        self.bins: dict[int, int] = {}
        self.count = 0
        self.least = _MOST
        self.most = 0
        self.total = 0

    def add(self, seconds: float) -> None:
        """Count one."""
        value = min(max(int(seconds * 1e9), 0), _MOST)
        bin_ = place(value)
        self.bins[bin_] = self.bins.get(bin_, 0) + 1
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)

    def merge(self, other: Histogram) -> None:
        """Count what another one has counted."""
        for bin_, count in other.bins.items():
            self.bins[bin_] = self.bins.get(bin_, 0) + count
        self.count += other.count
        self.total += other.total
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)

    def at(self, percent: float) -> float:
        """Seconds that so many of a hundred did not exceed; 0 where there are none."""
        wanted = max(1, -(-self.count * percent // 100))
        seen = 0
        for bin_ in sorted(self.bins):
            seen += self.bins[bin_]
            if seen >= wanted:
                # The bin's upper end: a percentile may be said to be too high, never too low.
                return min(max(_end(bin_), self.least), self.most) / 1e9
        return 0.0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and self.packed() == other.packed()

    def told(self) -> dict[str, float]:
        """For people and for JSON: the count, and milliseconds."""
        if not self.count:
            return {"count": 0}
        found = {"count": self.count, "mean": self.total / self.count / 1e6, "min": self.least / 1e9 * 1e3}
        found |= {name: self.at(percent) * 1e3 for name, percent in PERCENTILES.items()}
        return found | {"max": self.most / 1e9 * 1e3}

    def packed(self) -> list[object]:
        """For the way between two processes, as JSON."""
        return [self.total, self.least, self.most, *(number for pair in self.bins.items() for number in pair)]

    @classmethod
    def unpacked(cls, numbers: Iterable[int]) -> Histogram:
        """What :meth:`packed` has packed."""
        made = cls()
        made.total, made.least, made.most, *rest = numbers
        made.bins = dict(zip(rest[::2], rest[1::2], strict=True))
        made.count = sum(made.bins.values())
        return made

    def spread(self) -> Mapping[float, int]:
        """Each bin's upper end in seconds, and its count, ascending: for a picture."""
        return {_end(bin_) / 1e9: self.bins[bin_] for bin_ in sorted(self.bins)}


def place(value: int) -> int:
    """The bin of a number of nanoseconds."""
    shift = max(value.bit_length() - _BITS, 0)
    return shift * _HALF + (value >> shift)


def _end(bin_: int) -> int:
    """The largest number of nanoseconds that a bin holds."""
    shift = max(bin_ // _HALF - 1, 0)
    return ((bin_ - shift * _HALF + 1) << shift) - 1
