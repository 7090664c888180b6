"""A gatherer under a clock of its own, which stands still until it is told to go on."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from athena.executors.batch import Gatherer
from athena.models import BatchSettings


class Due:
    """A timer that can be cancelled."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class Bench:
    """A gatherer, so many lanes, and time that passes when it is told to."""

    def __init__(self, max_size: int = 8, max_wait_ms: float = 5.0, lanes: int = 1) -> None:
        self.now = 100.0
        self.lanes = lanes
        self.running: list[list[int]] = []
        self.ran: list[tuple[float, list[int]]] = []
        self.dead: set[int] = set()
        self.dropped: list[int] = []
        self.sizes: list[int] = []
        self._timers: list[tuple[float, int, Due]] = []
        self._numbers = itertools.count()
        self.gatherer: Gatherer[int] = Gatherer(
            BatchSettings(max_size, max_wait_ms),
            free=lambda: len(self.running) < self.lanes,
            go=self._go,
            keep=self._keep,
            later=self._later,
            counted=self.sizes.append,
            clock=lambda: self.now,
        )

    def pass_time(self, seconds: float) -> None:
        until = self.now + seconds
        while self._timers and self._timers[0][0] <= until:
            due, _, timer = heapq.heappop(self._timers)
            self.now = max(self.now, due)
            if timer.callback is not None:
                timer.callback()
        self.now = until

    def end(self, index: int = 0) -> list[int]:
        """A batch's hook returns."""
        batch = self.running.pop(index)
        self.gatherer.over(batch)
        return batch

    def together(self, count: int, times: int = 12) -> None:
        """Let it learn that so many come at once, however they are cut."""
        for _ in range(times):
            for _ in range(count):
                self.gatherer.add(0)
            while self.running or self.gatherer.waiting:
                self.pass_time(0.01)
                while self.running:
                    self.end()
        self.ran.clear()
        self.sizes.clear()

    def _go(self) -> None:
        batch = self.gatherer.take()
        if batch:
            self.running.append(batch)
            self.ran.append((self.now, list(batch)))

    def _keep(self, item: int) -> bool:
        if item in self.dead:
            self.dropped.append(item)
        return item not in self.dead

    def _later(self, delay: float, callback: Callable[[], None]) -> Due:
        timer = Due(callback)
        heapq.heappush(self._timers, (self.now + delay, next(self._numbers), timer))
        return timer
