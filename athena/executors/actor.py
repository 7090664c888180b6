"""One session where its wrapper lives: its hooks run in order, never two at once, on whichever lane is free."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import attrs

from athena.errors import Cancelled, ServiceError
from athena.link.token import Token
from athena.models import Reply, Request, SessionContext, Stage
from athena.plugins import Hooks
from athena.session import Streams

from .asking import Asking
from .lanes import Lanes
from .replies import checked, fault_of, user_error
from .turns import Turns

__all__ = ["SessionRun", "SessionSink"]


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
    """A session's jobs, taken one at a time.

    Attributes:
        over: True once its terminal event has come.
    """

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
        self._opening = request
        self._sink = sink
        self._limit = limit
        self._gather = gather
        token = request.cancellation
        self._token = token if isinstance(token, Token) else Token()
        self._turns = Turns(lanes)
        self._asking = Asking(lanes, self._turns, self._ask, lambda: self._half_closed)
        self._ending = threading.Lock()
        self.over = False
        self._session: object = None
        self._streams = Streams()
        self._half_closed = False
        self._acknowledge: Callable[[], None] | None = None
        self._turns.add(self._create)

    def write(self, request: Request, acknowledge: Callable[[], None]) -> None:
        """Queue one write; ``acknowledge`` is called when its hook has returned, or will never run."""
        self._turns.add(lambda: self._write(request, acknowledge))

    def ask(self) -> None:
        """A detached client reads: ask the wrapper, if it is one that is asked."""
        if self._hooks.read is not None:
            self._turns.add(self._asking.now)

    def close(self) -> None:
        """End it: waiting writes are dropped, destroy runs after the hook that is running now. Idempotent."""
        self._token.cancel()
        self._finish(None, told=False)

    def emit(self, reply: Reply | ServiceError) -> None:
        """The session's outbox; an error ends it.

        Raises:
            Cancelled: The session is over.
            ServiceError: USER_ERROR, when it is neither; TOO_LARGE.
        """
        if isinstance(reply, ServiceError):
            if self.over:
                raise Cancelled("the session is over")
            self._finish(fault_of(reply, "outbox.emit"))
            return
        reply = checked(reply, "outbox.emit", self._limit)
        if self.over:
            raise Cancelled("the session is over")
        if reply.stage is Stage.ONCE:
            reply = attrs.evolve(reply, stage=Stage.CONTINUE)
        self._sink.emit(reply)
        if reply.stage is Stage.END:
            self._finish(None)

    def answered(self, request: Request, answer: Reply | ServiceError | None) -> None:
        """The outcome of a write that went into a batch; None: it was not run, for this session is over."""
        if answer is None:
            self._wrote()
        elif isinstance(answer, ServiceError):
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
        self._turns.go_on()

    def _create(self) -> None:
        if self.over or self._hooks.create is None:
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
        if self.over or self._session is None:
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
        self._asking.now()
        return False

    def _wrote(self) -> None:
        acknowledge, self._acknowledge = self._acknowledge, None
        if acknowledge is not None:
            acknowledge()

    def _ask(self) -> bool | None:
        """One ``athena_session_read``: True for a reply, False for nothing yet, None when it is over."""
        if self._hooks.read is None or self.over or self._session is None:
            return None
        try:
            reply = checked(self._hooks.read(self._session), "athena_session_read", self._limit)
            if reply.parts or reply.stage is Stage.END:
                self.emit(reply)
        except BaseException as error:
            # Cancelled too: where the session is over already, finishing it once more is nothing.
            self._finish(fault_of(error, "athena_session_read"))
            return None
        return bool(reply.parts)

    def _finish(self, error: ServiceError | None, *, told: bool = True) -> None:
        """The terminal event: once, then destroy; later writes are acknowledged and dropped."""
        with self._ending:
            if self.over:
                return
            self.over = True
        if told:
            self._sink.ended(error)
        self._token.cancel()
        self._turns.add(self._destroy)

    def _destroy(self) -> None:
        session, self._session = self._session, None
        if session is not None and self._hooks.destroy is not None:
            try:
                self._hooks.destroy(session)
            except BaseException as error:
                # The session is gone all the same, and its client was told its terminal event already.
                fault_of(error, "athena_session_destroy")
        self._sink.closed()
