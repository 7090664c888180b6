"""The two ways to load: closed, where callers wait for their answers, and open, where calls are sent when due."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from random import Random

from .pacing import Clock, arrivals, begin, share, until
from .plan import Plan

__all__ = ["Load", "Shot"]

Shot = Callable[[int, float], Awaitable[bool]]
"""Fire the call of a number, due at a moment; whether it went well."""

BREATH = 0.01
"""Seconds that a caller waits after a failure: a server that refuses at once must not get a storm for it."""
STOPPED = 2.0
"""Seconds that what is under way may still take after somebody has said stop."""


class Load:
    """One process's share of a plan."""

    def __init__(self, plan: Plan, process: int, start: float, shot: Shot, clock: Clock = time.monotonic) -> None:
        """Args:
        plan: What all processes do together.
        process: Which of them this is.
        start: When they begin.
        shot: Fires one call.
        clock: Told by the same clock as ``start``.
        """
        self._plan = plan
        self._process = process
        self._start = start
        self._counted = start + plan.warmup
        self._end = self._counted + plan.duration if plan.duration else None
        self._left = share(plan.requests, process, plan.processes) if plan.requests else None
        self._numbers = itertools.count(process, plan.processes)
        self._shot = shot
        self._clock = clock
        self._stopped = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Send no more; what is under way has a moment to finish."""
        self._stopped.set()

    async def run(self) -> None:
        """Send everything, and wait for the answers, in bounded time."""
        sending = asyncio.create_task(self._open() if self._plan.rate else self._closed())
        told = asyncio.create_task(self._stopped.wait())
        await asyncio.wait({sending, told}, return_when=asyncio.FIRST_COMPLETED)
        stopped = self._stopped.is_set()
        told.cancel()
        if not sending.done() and self._plan.rate:
            sending.cancel()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=STOPPED if stopped else self._plan.grace)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        await asyncio.wait({sending})
        if not sending.cancelled():
            sending.result()

    async def _closed(self) -> None:
        """So many callers, each of which calls again when it has its answer."""
        plan, own = self._plan, range(self._process, self._plan.concurrency, self._plan.processes)
        for caller in own:
            self._launch(self._caller(self._start + begin(caller, plan.concurrency, plan.ramp)))
        # The callers end by themselves at the end; what one of them still waits for then is bounded by run().
        ended = asyncio.gather(*self._running, return_exceptions=True)
        left = None if self._end is None else max(self._end - self._clock(), 0.0)
        await asyncio.wait({ended}, timeout=left)
        if ended.done():
            for result in ended.result():
                if isinstance(result, Exception):
                    raise result

    async def _caller(self, begins: float) -> None:
        await self._pause(begins)
        while not self._stopped.is_set():
            now = self._clock()
            if not self._may(now):
                return
            if not await self._shot(next(self._numbers), now):
                await self._pause(self._clock() + BREATH)

    async def _open(self) -> None:
        """Calls when they are due, whatever became of those before."""
        room = asyncio.Semaphore(share(self._plan.in_flight, self._process, self._plan.processes))
        for due in self._due():
            if not self._may(due):
                return
            # What is due already gives the others their turn too, or nothing that was sent would ever be answered.
            await until(due, self._clock)
            await room.acquire()
            self._launch(self._one(due, room))

    async def _one(self, due: float, room: asyncio.Semaphore) -> None:
        try:
            await self._shot(next(self._numbers), due)
        finally:
            room.release()

    def _due(self) -> Iterator[float]:
        plan = self._plan
        chance = Random(plan.seed * 1_000_003 + self._process) if plan.poisson else None
        for seconds in arrivals(plan.rate, plan.ramp, self._process, plan.processes, chance):
            yield self._start + seconds

    def _may(self, due: float) -> bool:
        """Whether a call that is due then belongs to the run; it is taken off what is left."""
        if self._end is not None and due >= self._end:
            return False
        if self._left is None or due < self._counted:
            return True
        self._left -= 1
        return self._left >= 0

    async def _pause(self, due: float) -> None:
        """Wait for a moment, or until the run is stopped or over."""
        wait = (due if self._end is None else min(due, self._end)) - self._clock()
        if wait > 0:
            stopped = asyncio.create_task(self._stopped.wait())
            await asyncio.wait({stopped}, timeout=wait)
            stopped.cancel()

    def _launch(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
