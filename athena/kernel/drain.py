"""The end of a kernel: what was accepted is finished, then everything is let go, by one clock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from .running import Running

__all__ = ["Drain"]

log = logging.getLogger("athena.kernel")


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

    def begin(self, timeout: float | None = None) -> asyncio.Task[None]:
        """Begin, unless it has begun.

        Args:
            timeout: Seconds for what was accepted; None for ``drain_timeout``. 0 ends the wait of an earlier one too.
        """
        if timeout == 0:
            self._hurry.set()
        if self._task is None:
            seconds = self._running.settings.kernel.drain_timeout if timeout is None else timeout
            self._task = asyncio.get_running_loop().create_task(self._run(seconds), name="athena-drain")
        return self._task

    async def _run(self, seconds: float) -> None:
        running = self._running
        await running.drain()
        idle = asyncio.ensure_future(running.idle())
        hurry = asyncio.ensure_future(self._hurry.wait())
        await asyncio.wait([idle, hurry], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not idle.done():
            calls, sessions = running.board.in_flight.running, running.sessions.count
            log.warning("%d calls and %d sessions did not end in time", calls, sessions)
        idle.cancel()
        hurry.cancel()
        await running.stop()
        await self._close()
