"""Which workers have grown too large: looked at now and then, one replaced at a time."""

from __future__ import annotations

import asyncio
import os

from .pool import Pool

__all__ = ["Wear", "resident"]

_EVERY = 0.25
"""Seconds between two looks."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Wear:
    """Watches the resident memory of a pool's workers."""

    def __init__(self, bound: int, pool: Pool) -> None:
        """Args:
        bound: Bytes; 0 for none.
        """
        self._bound = bound
        self._pool = pool
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Look from now on, where there is a bound."""
        if self._bound:
            self._timer = asyncio.get_running_loop().call_later(_EVERY, self._look)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        workers = self._pool.workers
        # Workers of one model grow alike: the next one waits until the one before it has its successor.
        if not any(worker.worn.done() for worker in workers):
            largest = max(workers, key=lambda worker: resident(worker.pid), default=None)
            if largest is not None and resident(largest.pid) > self._bound:
                largest.wear("max_rss")
        self.start()


def resident(pid: int) -> int:
    """The bytes of a process that are in memory; 0 for one that is gone."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
