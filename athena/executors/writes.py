"""Writes of many sessions as one list, for wrappers that take them so: where the wrapper lives, on its lanes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from athena.errors import ServiceError
from athena.models import BatchSettings, Reply, Request

from .batch import Gatherer
from .lanes import Lanes

__all__ = ["UNBOUND", "Writer", "Writes"]

UNBOUND = BatchSettings(1 << 16, 0.0)
"""Where no table says otherwise: whoever waits when a lane is free goes together, and nobody waits for others."""


class Writer(Protocol):
    """A session, which waits with one write at a time."""

    over: bool

    def answered(self, request: Request, answer: Reply | ServiceError | None) -> None:
        """Its outcome; None: it was not run, for the session is over."""


Item = tuple[Writer, Request]


class Writes:
    """Gathers writes. From any lane; the gatherer itself is behind a lock, and no hook runs while it is held."""

    def __init__(
        self, lanes: Lanes, threads: int, answers: Callable[[list[Request]], Sequence[Reply | ServiceError]]
    ) -> None:
        """Args:
        threads: How many lists run at once.
        answers: Runs the hook: an outcome for each.
        """
        self._lanes = lanes
        self._threads = threads
        self._answers = answers
        self._running = 0
        self._lock = threading.Lock()
        self._gone: list[Item] = []
        self._gatherer: Gatherer[Item] = Gatherer(
            UNBOUND, free=self._free, go=self._go, keep=self._keep, later=self._after
        )

    def add(self, writer: Writer, request: Request) -> None:
        """A session waits with this write."""
        with self._lock:
            self._gatherer.add((writer, request))

    def settle(self, limits: BatchSettings) -> None:
        """Take new limits, from any thread."""
        with self._lock:
            self._gatherer.settle(limits)

    def _free(self) -> bool:
        return self._running < self._threads

    def _go(self) -> None:
        # Taken when the lane comes to it: who waits by then goes along.
        self._running += 1
        self._lanes.submit(self._run)

    def _keep(self, item: Item) -> bool:
        if item[0].over:
            self._gone.append(item)
            return False
        return True

    def _run(self) -> None:
        with self._lock:
            batch = self._gatherer.take()
            gone, self._gone = self._gone, []
        for writer, request in gone:
            writer.answered(request, None)
        answers = self._answers([request for _, request in batch]) if batch else ()
        with self._lock:
            # Before anybody is told: what they write next comes after this batch, and does not belong to it.
            self._running -= 1
            self._gatherer.over(batch)
        for (writer, request), answer in zip(batch, answers, strict=True):
            writer.answered(request, answer)

    def _after(self, delay: float, callback: Callable[[], None]) -> _Alarm:
        alarm = _Alarm(callback, self._lock)
        if delay:
            self._lanes.submit_later(delay, alarm.ring)
        else:
            self._lanes.submit(alarm.ring)
        return alarm


class _Alarm:
    """A job for later, on a lane, that can be called off."""

    def __init__(self, callback: Callable[[], None], lock: threading.Lock) -> None:
        self._callback: Callable[[], None] | None = callback
        self._lock = lock

    def cancel(self) -> None:
        """With the lock held."""
        self._callback = None

    def ring(self) -> None:
        with self._lock:
            if self._callback is not None:
                self._callback()
