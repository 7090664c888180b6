"""Gathers items into batches: who goes together, and how long anybody waits for others. One thread at a time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from ..models import BatchSettings
from .crowd import Crowd

__all__ = ["Counted", "Gatherer", "Timer", "nobody"]

T = TypeVar("T")

TURNS = 2
"""Turns of the loop before a wait is given up: what has arrived by then may not have been read yet."""


Counted = Callable[[int], object]


def nobody(size: int) -> None:
    """Whom it is told where nobody counts."""


class Timer(Protocol):
    """What a clock gives back."""

    def cancel(self) -> None: ...


class Gatherer(Generic[T]):
    """The items that wait for a lane, and the decision when the first of them go.

    While no lane is free they wait for nothing but that. Once one is free, a batch goes at once unless more are due:
    fewer are there than came together lately (see :class:`~athena.executors.crowd.Crowd`). Then it is held open, and
    goes when those are there, when it is full, when nobody has come for a gap, or after ``max_wait_ms``.

    Attributes:
        waiting: The items that have not been taken, and what each counts; in order.
    """

    def __init__(
        self,
        limits: BatchSettings,
        *,
        free: Callable[[], bool],
        go: Callable[[], None],
        keep: Callable[[T], bool],
        later: Callable[[float, Callable[[], None]], Timer],
        counted: Counted = nobody,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Args:
        free: Whether a batch that goes now is run now.
        go: Told that a batch goes; it calls :meth:`take`, at once or from where the batch is run.
        keep: Whether an item is still wanted, asked when it is taken; False: it was answered, and is dropped.
        later: Calls back after so many seconds, on the same thread: ``loop.call_later``.
        counted: Told how many items each batch has.
        """
        self.waiting: deque[tuple[T, int]] = deque()
        self._crowd = Crowd()
        self._free = free
        self._go = go
        self._keep = keep
        self._later = later
        self._counted = counted
        self._clock = clock
        self._items = 0
        self._opened = 0.0
        self._fresh = True
        self._timer: Timer | None = None
        self._turns = 0
        self.settle(limits)

    def add(self, item: T, weight: int = 1, *, ahead: bool = False) -> None:
        """One more.

        Args:
            weight: What it counts in ``max_size``.
            ahead: It was taken once and not run: it is the next one. Look when all such are back.
        """
        self._items += weight
        if ahead:
            self.waiting.appendleft((item, weight))
            return
        self.waiting.append((item, weight))
        self._crowd.came(self._clock(), self._timer is not None)
        if self._timer is None:
            self.look(fresh=len(self.waiting) == 1)
        elif self._enough():
            self._close()

    def discard(self, item: T) -> bool:
        """Forget an item that nobody wants any more; says whether it waited."""
        for index, (each, weight) in enumerate(self.waiting):
            if each is item:
                del self.waiting[index]
                self._items -= weight
                if not self.waiting:
                    self._shut()
                return True
        return False

    def look(self, *, fresh: bool = False) -> None:
        """A lane may be free: let go what need not wait.

        Args:
            fresh: Nobody waited until now.
        """
        while self.waiting and self._timer is None and self._free():
            self._opened = self._clock()
            self._fresh = fresh
            fresh = False
            if self._enough():
                self._go()
            else:
                self._turns = 0
                self._timer = self._later(min(self._crowd.gap, self._longest), self._ring)

    def take(self) -> list[T]:
        """The next batch, in the order of arrival: up to ``max_size``, or one item that alone is more."""
        batch: list[T] = []
        size = 0
        while self.waiting and size < self._most:
            item, weight = self.waiting[0]
            kept = self._keep(item)
            if kept and batch and size + weight > self._most:
                break
            self.waiting.popleft()
            self._items -= weight
            if kept:
                batch.append(item)
                size += weight
        if not self.waiting:
            self._shut()
        if batch:
            self._crowd.watch(batch, len(batch) + len(self.waiting), self._opened + self._longest, self._fresh)
            self._counted(size)
        return batch

    def over(self, batch: list[T]) -> None:
        """A batch that was taken has been answered, and its lane is free."""
        self._crowd.over(batch)
        self.look()

    def settle(self, limits: BatchSettings) -> None:
        """Take new limits; they hold for what waits already."""
        self._most = limits.max_size
        self._longest = limits.max_wait_ms / 1000
        if self._timer is not None and self._enough():
            self._close()

    def clear(self) -> list[T]:
        """Forget whatever waits, and give it back."""
        self._shut()
        items = [item for item, _ in self.waiting]
        self.waiting.clear()
        self._items = 0
        return items

    def _enough(self) -> bool:
        return self._items >= self._most or not self._longest or self._crowd.complete(len(self.waiting))

    def _close(self) -> None:
        self._shut()
        if self._free():  # else its lane was taken meanwhile, by what is not gathered
            self._go()
        self.look()

    def _shut(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        """Nobody has come for a while, or somebody has meanwhile; or the time is over."""
        left = min(self._opened + self._longest, max(self._crowd.last, self._opened) + self._crowd.gap) - self._clock()
        if left > 0:
            self._turns = 0
            self._timer = self._later(left, self._ring)
        elif self._turns < TURNS:
            self._turns += 1
            self._timer = self._later(0.0, self._ring)
        else:
            self._timer = None
            self._close()
