"""Learns how many items come together, and how far apart: whether waiting for one more is worth its while."""

from __future__ import annotations

__all__ = ["SHORTEST", "SILENCES", "Crowd"]

LATELY = 0.3
"""Weight of the newest observation."""
SILENCES = 3.0
"""A gap this many times as long as arrivals lay apart lately means that nobody comes any more."""
SHORTEST = 0.001
"""Seconds: no shorter gap means that; a loop's timers tell nothing below."""


class Crowd:
    """What arrives from the moment a batch could go until its longest wait is over, or until it is answered.

    It is counted whether the batch was held open or not: so a caller alone is found to be alone without one wait, and
    callers who come together are found to do so without one either. What comes after an answer does not count: it may
    have come because of the answer, and would not have come had the answer been held back.
    """

    def __init__(self) -> None:
        self._usual = 1.0
        self._apart = 0.0
        self._last = 0.0
        self._watched: object = None
        self._seen = 0
        self._until = -1.0
        self._fresh = True

    @property
    def gap(self) -> float:
        """Seconds of silence after which nobody comes any more."""
        return max(SHORTEST, SILENCES * self._apart)

    @property
    def last(self) -> float:
        """When somebody came last."""
        return self._last

    def came(self, now: float, awaited: bool) -> None:
        """One more; ``awaited`` while a batch is held open."""
        if now <= self._until:
            self._seen += 1
            awaited = True
        if awaited:
            self._apart += (now - self._last - self._apart) * LATELY
        self._last = now

    def complete(self, count: int) -> bool:
        """Whether so many are all that are due, as it looks."""
        return count + 0.5 >= self._usual

    def watch(self, batch: object, count: int, until: float, fresh: bool) -> None:
        """A batch goes now that ``count`` have come, itself among them; it might have been held open ``until`` then.

        Args:
            fresh: Nobody had waited for a lane: else these may be the rest of those who came together, and were seen.
        """
        self.over(self._watched)
        self._watched, self._seen, self._until, self._fresh = batch, count, until, fresh

    def over(self, batch: object) -> None:
        """A batch was answered."""
        if self._watched is not None and batch is self._watched:
            if self._fresh or self._seen > self._usual:
                self._usual += (self._seen - self._usual) * LATELY
            self._watched = None
            self._until = -1.0
