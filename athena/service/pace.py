"""How fast a service works when it always has something to do: measured now and then, not with every call."""

from __future__ import annotations

import time

__all__ = ["Pace"]

FIRST, WINDOW = 4, 64
"""Ends in a row that make a measurement: the first one, and those that follow."""


class Pace:
    """Counts ends, and looks at the clock once for many.

    Attributes:
        seconds: From one end to the next; 0.0 until it is known.
        row: Ends counted since the last measurement; set it to 0 where there was nothing to do in between.
    """

    __slots__ = ("_since", "row", "seconds")

    def __init__(self) -> None:
        self.seconds = 0.0
        self.row = 0
        self._since = 0.0

    def ended(self) -> bool:
        """One more has ended while others waited; says whether ``seconds`` is new."""
        self.row += 1
        if self.row == 1:
            self._since = time.monotonic()
            return False
        if self.row <= (WINDOW if self.seconds else FIRST):
            return False
        now = time.monotonic()
        mean = (now - self._since) / (self.row - 1)
        self.seconds = mean if not self.seconds else (self.seconds + mean) / 2
        self.row = 1
        self._since = now
        return True
