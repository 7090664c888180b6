"""One session where its wrapper lives: its hooks run in order, never two at once, on whichever lane is free."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

import attrs

from athena.errors import Cancelled, ServiceError
from athena.link.token import Token
from athena.models import Reply, Request, SessionContext, Stage
from athena.plugins import Hooks
from athena.session import Streams

from .lanes import Lanes
from .replies import checked, fault_of, user_error

__all__ = ["SessionRun", "SessionSink"]

log = logging.getLogger("athena.wrapper")
Step = Callable[[], "bool | None"]
"""A session's job; True hands the turn over: whoever finishes what it began takes the turn up again."""

FIRST_WAIT, LONGEST_WAIT, PATIENCE = 0.005, 0.1, 1.0
"""Seconds: a wrapper that is asked for replies and has nothing is asked again after 5, 10, 20 … 100 ms, for 1 s."""
TURN = 16
"""Jobs of one session in a row, before other work of the lane has its turn."""


class SessionSink(Protocol):
    """Where a session's events go; called on lane threads, ``emit`` on any."""

    def opened(self) -> None: ...

    def emit(self, reply: Reply) -> None:
        """Blocks while the reader is behind; raises Cancelled once the session is closed."""

    def ended(self, error: ServiceError | None) -> None:
        """The terminal event, once: None when the END reply was emitted before."""

    def closed(self) -> None:
        """Destroy ran, or there was nothing to destroy; the last call ever."""


class SessionRun:
    """A session's jobs, taken one at a time."""

    def __init__(
        self,
        hooks: Hooks,
        lanes: Lanes,
        request: Request,
        sink: SessionSink,
        limit: int,
        gather: Callable[[SessionRun, Request], None],
    ) -> None:
        self._hooks = hooks
        self._lanes = lanes
        self._opening = request
        self._sink = sink
        self._limit = limit
        self._gather = gather
        token = request.cancellation
        self._token = token if isinstance(token, Token) else Token()
        self._jobs: deque[Step] = deque()
        self._lock = threading.Lock()
        self._scheduled = False
        self._over = False
        self._session: object = None
        self._streams = Streams()
        self._half_closed = False
        self._chain = 0
        self._acknowledge: Callable[[], None] | None = None

    def begin(self) -> None:
        """Queue ``athena_session_create``."""
        self._queue(self._create)

    def write(self, request: Request, acknowledge: Callable[[], None]) -> None:
        """Queue one write; ``acknowledge`` is called when its hook has returned, or will never run."""
        self._queue(lambda: self._write(request, acknowledge))

    def ask(self) -> None:
        """A detached client reads: ask the wrapper, if it is one that is asked."""
        if self._hooks.read is not None:
            self._queue(self._pull)

    def close(self) -> None:
        """End it: waiting writes are dropped, destroy runs after the hook that is running now. Idempotent."""
        self._token.cancel()
        self._finish(None, told=False)

    def emit(self, reply: Reply) -> None:
        """The session's outbox.

        Raises:
            Cancelled: The session is over.
            ServiceError: USER_ERROR, when it is not a reply; TOO_LARGE.
        """
        reply = checked(reply, "outbox.emit", self._limit)
        if self._over:
            raise Cancelled("the session is over")
        if reply.stage is Stage.ONCE:
            reply = attrs.evolve(reply, stage=Stage.CONTINUE)
        self._sink.emit(reply)
        if reply.stage is Stage.END:
            self._finish(None)

    def answered(self, request: Request, answer: Reply | ServiceError) -> None:
        """The outcome of a write that went into a batch."""
        if isinstance(answer, ServiceError):
            self._wrote()
            self._finish(answer)
        else:
            self._half_closed = self._streams.take(request.parts) or self._half_closed
            stage = Stage.END if self._half_closed else Stage.CONTINUE
            try:
                self.emit(attrs.evolve(answer, stage=stage))
            except Cancelled:
                pass  # the session was closed meanwhile: nobody waits for this answer
            except ServiceError as error:
                self._finish(error)
            self._wrote()
        self._turn()

    def _queue(self, job: Step) -> None:
        with self._lock:
            self._jobs.append(job)
            if self._scheduled:
                return
            self._scheduled = True
        self._lanes.submit(self._turn)

    def _turn(self) -> None:
        for _ in range(TURN):
            with self._lock:
                if not self._jobs:
                    self._scheduled = False
                    return
                job = self._jobs.popleft()
            if job():
                return  # not to be read from our own state: answered() may be in its turn on another lane already
        self._lanes.submit(self._turn)

    def _create(self) -> None:
        if self._over or self._hooks.create is None:
            return
        request = self._opening
        context = SessionContext(
            request.sid, request.service, request.params, request.headers, request.expect,
            request.deadline, request.principal, self, self._token,
        )  # fmt: skip
        self._token.started = True
        try:
            session = self._hooks.create(context)
        except BaseException as error:
            self._finish(fault_of(error, "athena_session_create"))
            return
        if session is None:
            self._finish(user_error("athena_session_create", "returned None; expected any token but None"))
            return
        self._session = session
        self._sink.opened()

    def _write(self, request: Request, acknowledge: Callable[[], None]) -> bool:
        """Says whether the write waits in a batch."""
        if self._over or self._session is None:
            acknowledge()
            return False
        if self._hooks.write is None and self._hooks.batch is not None:
            self._acknowledge = acknowledge
            self._gather(self, request)
            return True
        try:
            if self._hooks.write is not None:
                self._hooks.write(self._session, request)
        except BaseException as error:
            self._finish(fault_of(error, "athena_session_write"))
            acknowledge()
            return False
        acknowledge()
        self._half_closed = self._streams.take(request.parts) or self._half_closed
        self._pull()
        return False

    def _wrote(self) -> None:
        acknowledge, self._acknowledge = self._acknowledge, None
        if acknowledge is not None:
            acknowledge()

    def _pull(self, waited: float = 0.0) -> None:
        """Ask for replies until there is nothing; then again a little later, as long as that makes sense."""
        read = self._hooks.read
        self._chain += 1
        while read is not None and not self._over and self._session is not None:
            try:
                reply = checked(read(self._session), "athena_session_read", self._limit)
                if reply.parts or reply.stage is Stage.END:
                    self.emit(reply)
            except BaseException as error:
                # Cancelled too: where the session is over already, finishing it once more is nothing.
                self._finish(fault_of(error, "athena_session_read"))
                return
            if not reply.parts:
                self._pull_later(waited)
                return
            waited = 0.0

    def _pull_later(self, waited: float) -> None:
        if self._over or (waited >= PATIENCE and not self._half_closed):
            return
        delay = min(LONGEST_WAIT, max(FIRST_WAIT, waited))
        chain = self._chain
        self._lanes.submit_later(delay, lambda: self._queue(lambda: self._pull_again(waited + delay, chain)))

    def _pull_again(self, waited: float, chain: int) -> None:
        if chain != self._chain:
            return  # a write or a read has asked since; its own chain goes on
        self._pull(waited)

    def _finish(self, error: ServiceError | None, *, told: bool = True) -> None:
        """The terminal event: once, then destroy; later writes are acknowledged and dropped."""
        with self._lock:
            if self._over:
                return
            self._over = True
        if told:
            self._sink.ended(error)
        self._token.cancel()
        self._queue(self._destroy)

    def _destroy(self) -> None:
        session, self._session = self._session, None
        if session is not None and self._hooks.destroy is not None:
            try:
                self._hooks.destroy(session)
            except BaseException as error:
                # The session is gone all the same, and its client was told its terminal event already.
                fault_of(error, "athena_session_destroy")
        self._sink.closed()
