"""Counts what runs, so that whoever drains can wait until nothing does. Lives on the loop."""

from __future__ import annotations

import asyncio

__all__ = ["Tally"]


class Tally:
    """How many run now."""

    def __init__(self) -> None:
        self.running = 0
        # Made for those who wait, who are few: every call counts itself in and out.
        self._idle: asyncio.Future[None] | None = None

    def began(self) -> None:
        """One more."""
        self.running += 1

    def ended(self) -> None:
        """One less."""
        self.running -= 1
        if not self.running and self._idle is not None:
            self._idle.set_result(None)
            self._idle = None

    async def idle(self) -> None:
        """Returns when none runs, or none has run for a moment meanwhile."""
        if self.running:
            if self._idle is None:
                self._idle = asyncio.get_running_loop().create_future()
            # Shielded: one who gives up must not end the wait of the others.
            await asyncio.shield(self._idle)
