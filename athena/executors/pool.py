"""Who runs what: calls wait here and nowhere else, and no worker is given more than its threads can execute."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Coroutine, Sequence
from typing import Any

from ..errors import Executed, Fault, ServiceError
from ..link.bell import Bell
from ..link.entries import Call
from ..link.frames import CALL, CANCEL
from ..link.heads import encode_request
from ..link.peer import Entry
from ..link.token import Token
from ..models import Limits, ServiceSettings
from .lobby import Lobby
from .parcels import Parcel, Parcels
from .reaper import Reaper
from .worker import Worker

__all__ = ["Pool"]

AHEAD = 16
"""Calls a brisk worker is given beyond its threads."""
BRISK = 0.001
"""Seconds from one answer to the next of a brisk worker: the last of those ahead waits 16 times as long."""
LATELY = 0.05
"""Weight of the newest call in a worker's pace."""


class Pool:
    """The ready workers of one service, and the calls that wait for one.

    Attributes:
        closed: Why nothing is taken any more; "" while it is.
        active: The workers that are given work; spares stand by.
        leaving: Workers that are given nothing more, and have not ended yet.
        lobby: Where sessions begin.
        parcels: Calls that are gathered into batches; None where none are.
    """

    def __init__(self, settings: ServiceSettings, limits: Limits) -> None:
        self.closed = ""
        self._settings = settings
        self.active: list[Worker] = []
        self._spares: deque[Worker] = deque()
        self.leaving: set[Worker] = set()
        self._waiting: deque[Call] = deque()
        self._reaper = Reaper(settings.grace, limits.default_deadline, self.retire)
        self.lobby = Lobby(self.active, self._reaper)
        self.parcels: Parcels | None = None
        self._bell = Bell()

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Every worker that is ready, spares too."""
        return (*self.active, *self._spares)

    def submit(self, call: Call) -> None:
        """Run a call, now or when a worker has room.

        Raises:
            ServiceError: UNAVAILABLE, when there will be none; BAD_REQUEST or TOO_LARGE, when it cannot be sent.
        """
        if self.closed:
            raise ServiceError(Fault.UNAVAILABLE, self.closed, retry_after=1.0)
        if self.parcels is not None and self.parcels.takes(call):
            self.parcels.add(call)
            return
        worker = None if self._waiting else _roomy(self.active)
        if worker is not None:
            _launch(call, worker)
        else:
            self._waiting.append(call)

    def ended(self, call: Call) -> None:
        """A worker has answered, or is gone: its slot is free."""
        if call.left:
            self._reaper.spare(call)
        if isinstance(call.request.cancellation, Token):
            call.request.cancellation.release()
        worker: Worker = call.worker
        parcel: Parcel | None = call.parcel
        worker.finished += worker.alive
        if parcel is not None and not parcel.answered():
            return
        worker.busy -= 1
        if worker.alive and parcel is None:
            # From one answer to the next while it had work: how long a call waited for others says nothing of it.
            now = time.perf_counter()
            worker.pace += (now - max(call.began, worker.answered) - worker.pace) * LATELY
            worker.answered = now
            if self.parcels is not None:
                self.parcels.gatherer.look()  # first: after a batch, calls on their own have the first turn
        if worker.alive:
            self._feed(worker)
            if worker.finished >= worker.bound:
                worker.wear("max_requests")
        if worker.successor is not None:
            self._feed(_widened(worker, worker.successor, self._settings.threads))
        if parcel is not None:
            parcel.gatherer.over(parcel.batch)
        self._bell.ring()

    def abandon(self, call: Call) -> None:
        """Nobody waits any more. A wrapper that has not returned by the deadline and the grace is killed."""
        if call.over:
            return
        call.left = True
        if isinstance(call.request.cancellation, Token):
            call.request.cancellation.cancel()
        if call.worker is None:
            if call in self._waiting:
                self._waiting.remove(call)
            elif self.parcels is not None:
                self.parcels.gatherer.discard(call)
            self._bell.ring()
        elif call.worker.alive and call.peer is not None:
            if call.parcel is not None:
                # Its batch runs on for the others, and names it: it is not to be taken back.
                call.peer.outgoing.post(CANCEL, call.id, b"")
                self._reaper.sentence(call, call.worker, call.parcel.deadline)
            elif call.peer.give_up(CANCEL, call):
                self.ended(call)
            else:
                self._reaper.sentence(call, call.worker, call.request.deadline)

    def came(self, worker: Worker, instead: Worker | None = None) -> None:
        """A worker is ready; it takes the place of ``instead`` where that is still there."""
        if instead is not None and instead in self.active:
            self.relieve(instead, worker)
            return
        if instead is not None:
            self.retire(instead)
        if len(self.active) < self._settings.workers:
            self.active.append(worker)
            self._feed(worker)
            self.lobby.look()
        else:
            self._spares.append(worker)

    def relieve(self, worker: Worker, successor: Worker | None = None) -> None:
        """Give a worker nothing more, and let it finish what it has; a spare, or ``successor``, takes its place.

        The two together execute no more than one may.
        """
        if worker not in self.active:
            self.retire(worker)
            return
        self.active.remove(worker)
        self.leaving.add(worker)
        if successor is None and self._spares:
            successor = self._spares.popleft()
        if successor is not None:
            worker.successor = successor
            self.active.append(successor)
            self._feed(_widened(worker, successor, self._settings.threads))
            self.lobby.look()

    def died(self, worker: Worker, unseen: list[Entry]) -> None:
        """A worker is gone. What it has never seen runs elsewhere or later; the rest was told already."""
        calls = [entry for entry in unseen if isinstance(entry, Call)]
        for call in reversed(calls):
            if isinstance(call.request.cancellation, Token):
                call.request.cancellation.started = False
                call.request.cancellation.release()
            if call.left:
                self._reaper.spare(call)
                call.fail(ServiceError(Fault.CANCELLED, "the call was cancelled before it began"))
                continue
            parcel: Parcel | None = call.parcel
            call.worker = call.peer = call.parcel = None
            call.in_lane = True
            if parcel is not None and self.parcels is not None:
                self.parcels.add(call, ahead=True)
                continue
            self._waiting.appendleft(call)
        for entry in unseen:
            if not isinstance(entry, Call):
                entry.lost(ServiceError(Fault.UNAVAILABLE, "the worker was lost before it was asked", retry_after=1.0))
        self.retire(worker)
        self.leaving.discard(worker)
        if self._spares and len(self.active) < self._settings.workers:
            self.came(self._spares.popleft())
        for other in list(self.active):
            self._feed(other)
        if self.closed:
            self.close(self.closed)
        self._bell.ring()

    def retire(self, worker: Worker) -> None:
        """Give a worker nothing more, because it is about to be killed; until it is dead it may still execute."""
        if worker in self._spares:
            self._spares.remove(worker)
        if worker in self.active:
            self.active.remove(worker)
            self.leaving.add(worker)

    def close(self, reason: str) -> None:
        """Take nothing more, and tell who waits why; an empty reason takes it back."""
        self.closed = self.lobby.closed = reason
        self.lobby.look()
        if not reason:
            return
        waiting, self._waiting = self._waiting, deque()
        gathered = [] if self.parcels is None else self.parcels.gatherer.clear()
        for call in (*waiting, *gathered):
            call.fail(ServiceError(Fault.UNAVAILABLE, reason, executed=Executed.NO, retry_after=1.0))
        self._bell.ring()

    def drain(self) -> Coroutine[Any, Any, None]:  # Any: what coroutines yield
        """Returns, awaited, when nothing executes and nothing waits."""
        return self._bell.until(lambda: not _working(self))

    def _feed(self, worker: Worker) -> None:
        while self._waiting and worker.busy < _room(worker) and worker in self.active:
            call = self._waiting.popleft()
            try:
                _launch(call, worker)
            except ServiceError as error:
                call.fail(error)
        if self.parcels is not None:
            self.parcels.gatherer.look()


def _working(pool: Pool) -> bool:
    gathered = 0 if pool.parcels is None else pool.parcels.gatherer.waiting
    return bool(pool._waiting or gathered or any(worker.busy for worker in (*pool.active, *pool.leaving)))


def _launch(call: Call, worker: Worker) -> None:
    head, segments, size = encode_request(call.request)
    peer = worker.peer
    peer.begin(CALL, call, head, segments, size)
    call.worker, call.peer = worker, peer
    worker.busy += 1
    call.began = time.perf_counter()
    if isinstance(call.request.cancellation, Token):
        call.request.cancellation.started = call.request.cancellation.held = True


def _widened(worker: Worker, successor: Worker, threads: int) -> Worker:
    """The successor, with the threads that the one before it needs no more."""
    successor.lanes = threads - min(threads, worker.busy)
    return successor


def _roomy(active: Sequence[Worker]) -> Worker | None:
    """A worker with a free thread; else the one with the fewest calls, where it may be given one ahead."""
    for worker in active:
        if worker.busy < worker.lanes:
            return worker
    least = min(active, key=_busy, default=None)
    return least if least is not None and least.busy < _room(least) else None


def _room(worker: Worker) -> int:
    """How many calls a worker may hold: its threads, and a few ahead where they will not wait there for long.

    A worker that finds its next call waiting need not wake the kernel for it; but behind a slow call, those ahead
    would wait although another worker is free.
    """
    return worker.lanes + (AHEAD if worker.pace < BRISK else 0)


def _busy(worker: Worker) -> int:
    return worker.busy
