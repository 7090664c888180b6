"""The end of a kernel, by one clock: ready no more, then taking nothing new, then ended, whatever hangs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from .running import Running

__all__ = ["LAST", "Drain"]

log = logging.getLogger("athena.kernel")

LAST = 2.0
"""Seconds after the drain in which everything is let go: destroy hooks, last replies, and what hangs is killed."""


class Drain:
    """Begun at most once; whoever asks again waits for the same end, and may hurry it."""

    def __init__(self, running: Running, close: Callable[[], Awaitable[None]]) -> None:
        """Args:
        close: What the kernel does last.
        """
        self._running = running
        self._close = close
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self, timeout: float | None = None, *, lame_duck: bool = False) -> asyncio.Task[None]:
        """Begin, unless it has begun.

        Args:
            timeout: Seconds for what was accepted; None for ``drain_timeout``. 0 ends the wait of an earlier one too.
            lame_duck: Whether to take new work for the first of those seconds: who balances has to notice first.
        """
        if timeout == 0:
            self._hurry.set()
        if self._task is None:
            kernel = self._running.settings.kernel
            seconds = kernel.drain_timeout if timeout is None else timeout
            lame = min(kernel.lame_duck, seconds) if lame_duck else 0.0
            self._task = asyncio.get_running_loop().create_task(self._run(seconds, lame), name="athena-drain")
        return self._task

    async def _run(self, seconds: float, lame: float) -> None:
        running, began = self._running, time.monotonic()
        end = began + seconds
        calls, sessions = running.board.in_flight.running, running.sessions.count
        log.info("shutting down: %d calls and %d sessions have up to %g s", calls, sessions, seconds)
        # A registry that does not answer must not hold the clock.
        leaving = asyncio.ensure_future(running.leave())
        await self._wait(leaving, min(end, time.monotonic() + max(lame, min(1.0, seconds))), least=lame)
        await self._wait(asyncio.ensure_future(running.drain()), end)
        idle = asyncio.ensure_future(running.idle())
        await self._wait(idle, end)
        if not idle.done():
            calls, sessions = running.board.in_flight.running, running.sessions.count
            log.warning("%d calls and %d sessions did not end in time", calls, sessions)
        for step in (leaving, idle):
            step.cancel()
        await running.stop(LAST)
        log.info("stopped after %.1f s", time.monotonic() - began)
        await self._close()

    async def _wait(self, step: asyncio.Future[None], until: float, least: float = 0.0) -> None:
        """Until the step is done and ``least`` seconds have passed, or time is up, or somebody is in a hurry."""
        hurry = asyncio.ensure_future(self._hurry.wait())
        least_until = time.monotonic() + least
        either: list[asyncio.Future[Any]] = [step, hurry]  # Any: one gives None, the other True
        await asyncio.wait(either, timeout=until - time.monotonic(), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait([hurry], timeout=max(0.0, min(least_until, until) - time.monotonic()))
        hurry.cancel()
