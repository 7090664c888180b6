"""Counts what runs, so that whoever drains can wait until nothing does. Lives on the loop."""

from __future__ import annotations

import asyncio

__all__ = ["Tally"]


class Tally:
    """How many run now."""

    def __init__(self) -> None:
        self.running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def began(self) -> None:
        """One more."""
        self.running += 1
        if self.running == 1:
            self._idle.clear()

    def ended(self) -> None:
        """One less."""
        self.running -= 1
        if not self.running:
            self._idle.set()

    async def idle(self) -> None:
        """Returns when none runs."""
        await self._idle.wait()
