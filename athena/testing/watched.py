"""The journal as tests see it: they can wait for what probes note into it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from .journal import Journal

__all__ = ["WatchedJournal"]


class WatchedJournal(Journal):
    """A journal that can be waited for; apart, because a worker that runs a probe needs no asyncio for it."""

    async def seen(self, event: str, tag: str = "", within: float = 10.0) -> Mapping[str, object]:
        """Wait until it has happened.

        Raises:
            AssertionError: It did not, ``within`` seconds.
        """
        until = time.monotonic() + within
        while not (found := self.find(event, tag)):
            if time.monotonic() > until:
                raise AssertionError(f"no {event!r} of {tag!r} within {within} s; the journal is {self.path}")
            await asyncio.sleep(0.02)
        return found[0]
