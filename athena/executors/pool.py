"""Who runs what: calls wait here and nowhere else, and no worker is given more than its threads can execute."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

from ..errors import Executed, Fault, ServiceError
from ..link.conversation import Conversation
from ..link.entries import Call
from ..link.frames import CALL, CANCEL
from ..link.heads import encode_request
from ..link.peer import Entry
from ..link.token import Token
from ..models import Limits, Request, ServiceSettings
from .worker import Worker

__all__ = ["Pool"]

AHEAD = 16
"""Calls a brisk worker is given beyond its threads."""
BRISK = 0.005
"""Seconds: a worker whose calls are answered faster than that, waiting included, is brisk."""
LATELY = 0.05
"""Weight of the newest call in a worker's pace."""


class Pool:
    """The ready workers of one service, and the calls that wait for one.

    Attributes:
        closed: Why nothing is taken any more; "" while it is.
    """

    def __init__(self, settings: ServiceSettings, limits: Limits) -> None:
        self.closed = ""
        self._settings = settings
        self._limits = limits
        self._active: list[Worker] = []
        self._spares: deque[Worker] = deque()
        self._waiting: deque[Call] = deque()
        self._openers: deque[asyncio.Future[None]] = deque()
        self._doomed: dict[Call | Conversation, asyncio.TimerHandle] = {}
        self._loop = asyncio.get_running_loop()
        self._idle: list[asyncio.Future[None]] = []

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Every worker that is ready, spares too."""
        return (*self._active, *self._spares)

    def submit(self, call: Call) -> None:
        """Run a call, now or when a worker has room.

        Raises:
            ServiceError: UNAVAILABLE, when there will be none; BAD_REQUEST or TOO_LARGE, when it cannot be sent.
        """
        if self.closed:
            raise ServiceError(Fault.UNAVAILABLE, self.closed, retry_after=1.0)
        worker = None if self._waiting else self._roomy()
        if worker is not None:
            self._launch(call, worker)
        else:
            self._waiting.append(call)

    def ended(self, call: Call) -> None:
        """A worker has answered, or is gone: its slot is free."""
        if self._doomed:
            self._spare(call)
        worker: Worker = call.worker
        worker.busy -= 1
        if worker.alive:
            worker.finished += 1
            worker.pace += (time.perf_counter() - call.began - worker.pace) * LATELY
            self._feed(worker)
        if self._idle:
            self._tell_idle()

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
                self._tell_idle()
        elif call.worker.alive and call.peer is not None:
            if call.peer.give_up(CANCEL, call):
                self.ended(call)
            elif call not in self._doomed:
                self._doom(call, call.worker, call.request.deadline)

    async def open(self, request: Request) -> Conversation:
        """Begin a session on the worker that has the fewest.

        Raises:
            ServiceError: What athena_session_create raised; UNAVAILABLE.
        """
        while not self._active and not self.closed:
            waiter: asyncio.Future[None] = self._loop.create_future()
            self._openers.append(waiter)
            try:
                await waiter
            finally:
                if waiter in self._openers:
                    self._openers.remove(waiter)
        if self.closed:
            raise ServiceError(Fault.UNAVAILABLE, self.closed, retry_after=1.0)
        worker = min(self._active, key=lambda one: len(one.sessions))
        session = Conversation(
            request, worker.peer, lambda it: self._over(it, worker), lambda it: self._leave(it, worker)
        )
        session.begin()
        worker.sessions.add(session)
        if isinstance(request.cancellation, Token):
            request.cancellation.started = True
        try:
            await session.opened
        except BaseException:
            session.shut()
            raise
        return session

    def came(self, worker: Worker) -> None:
        """A worker is ready."""
        if len(self._active) < self._settings.workers:
            self._activate(worker)
        else:
            self._spares.append(worker)

    def died(self, worker: Worker, unseen: list[Entry]) -> None:
        """A worker is gone. What it has never seen runs elsewhere or later; the rest was told already."""
        calls = [entry for entry in unseen if isinstance(entry, Call)]
        for call in reversed(calls):
            if call.left:
                self._spare(call)
                call.fail(ServiceError(Fault.CANCELLED, "the call was cancelled before it began"))
                continue
            call.worker = call.peer = None
            if isinstance(call.request.cancellation, Token):
                call.request.cancellation.started = False
            self._waiting.appendleft(call)
        for entry in unseen:
            if not isinstance(entry, Call):
                entry.lost(ServiceError(Fault.UNAVAILABLE, "the worker was lost before it was asked", retry_after=1.0))
        self.retire(worker)
        for other in list(self._active):
            self._feed(other)
        self._tell_idle()

    def retire(self, worker: Worker) -> None:
        """Give a worker nothing more, because it is dead or about to be; a spare takes its place."""
        if worker in self._spares:
            self._spares.remove(worker)
        if worker in self._active:
            self._active.remove(worker)
            if self._spares:
                self._activate(self._spares.popleft())

    def close(self, reason: str) -> None:
        """Take nothing more; who waits is told why."""
        self.closed = reason
        waiting, self._waiting = self._waiting, deque()
        for call in waiting:
            call.fail(ServiceError(Fault.UNAVAILABLE, reason, executed=Executed.NO, retry_after=1.0))
        self._wake_openers()
        self._tell_idle()

    async def drain(self) -> None:
        """Return when nothing executes and nothing waits."""
        while self._waiting or any(worker.busy for worker in self._active):
            waiter: asyncio.Future[None] = self._loop.create_future()
            self._idle.append(waiter)
            await waiter

    def _launch(self, call: Call, worker: Worker) -> None:
        head, segments, size = encode_request(call.request)
        peer = worker.peer
        peer.begin(CALL, call, head, segments, size)
        call.worker, call.peer = worker, peer
        worker.busy += 1
        call.began = time.perf_counter()
        if isinstance(call.request.cancellation, Token):
            call.request.cancellation.started = True

    def _roomy(self) -> Worker | None:
        """A worker with a free thread; else the one with the fewest calls, where it may be given one ahead."""
        for worker in self._active:
            if worker.busy < self._settings.threads:
                return worker
        least = min(self._active, key=_busy, default=None)
        return least if least is not None and least.busy < self._room(least) else None

    def _room(self, worker: Worker) -> int:
        """How many calls a worker may hold: its threads, and a few ahead where they will not wait there for long.

        A worker that finds its next call waiting need not wake the kernel for it; but behind a slow call, those ahead
        would wait although another worker is free.
        """
        return self._settings.threads + (AHEAD if worker.pace < BRISK else 0)

    def _feed(self, worker: Worker) -> None:
        while self._waiting and worker.busy < self._room(worker) and worker in self._active:
            call = self._waiting.popleft()
            try:
                self._launch(call, worker)
            except ServiceError as error:
                call.fail(error)

    def _activate(self, worker: Worker) -> None:
        self._active.append(worker)
        self._feed(worker)
        self._wake_openers()

    def _wake_openers(self) -> None:
        openers, self._openers = self._openers, deque()
        for waiter in openers:
            if not waiter.done():
                waiter.set_result(None)

    def _over(self, session: Conversation, worker: Worker) -> None:
        worker.sessions.discard(session)
        worker.finished += worker.alive
        self._spare(session)

    def _leave(self, session: Conversation, worker: Worker) -> None:
        opening = None if session.opened.done() else session.request.deadline
        self._doom(session, worker, opening)

    def _doom(self, entry: Any, worker: Worker, deadline: float | None) -> None:  # Any: a Call or a Conversation
        until = time.monotonic() + self._limits.default_deadline if deadline is None else deadline
        delay = max(0.0, until - time.monotonic()) + self._settings.grace
        self._doomed[entry] = self._loop.call_later(delay, self._kill, entry, worker)

    def _spare(self, entry: Any) -> None:  # Any: a Call or a Conversation
        timer = self._doomed.pop(entry, None)
        if timer is not None:
            timer.cancel()

    def _kill(self, entry: Any, worker: Worker) -> None:  # Any: a Call or a Conversation
        self._doomed.pop(entry, None)
        # A call that comes between the signal and the death would be lost with it.
        self.retire(worker)
        worker.kill("was killed: a hook did not return by its deadline and the grace after it")

    def _tell_idle(self) -> None:
        if self._idle and not self._waiting and not any(worker.busy for worker in self._active):
            waiters, self._idle = self._idle, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)


def _busy(worker: Worker) -> int:
    return worker.busy
