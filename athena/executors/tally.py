"""Counts what runs, so that whoever drains can wait until nothing does. Lives on the loop."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from athena.link.bell import Bell

__all__ = ["Tally"]


class Tally:
    """How many run now."""

    def __init__(self) -> None:
        self.running = 0
        self._bell = Bell()

    def began(self) -> None:
        """One more."""
        self.running += 1

    def ended(self) -> None:
        """One less."""
        self.running -= 1
        if not self.running:
            self._bell.ring()

    def idle(self) -> Coroutine[Any, Any, None]:  # Any: what coroutines yield
        """Returns, awaited, when none runs."""
        return self._bell.until(lambda: not self.running)
