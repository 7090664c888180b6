"""Sessions: wrapperCreate, wrapperWrite, wrapperRead, wrapperDestroy, and results that come by callback."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import attrs

from aiges import routing
from aiges.stream import SessionManager
from athena import Cancelled, Executed, Fault, Part, Reply, Request, ServiceError, SessionContext, Stage, hookimpl
from athena.models import LAST

from .values import Refusal, answer, error_of, replied

if TYPE_CHECKING:
    from .wrapped import Functions

__all__ = ["Asked", "Talk", "Talking"]

log = logging.getLogger("aiges.session")

PATIENCE = 5.0
"""Seconds after the last write in which a wrapper that is asked may have nothing; upstream gives up then, too."""


class Talk:
    """One session: where its results go, and which of its streams are open.

    Attributes:
        sid, handle: Its names, ours and its wrapper's.
        ended: When its input ended; None while it has not.
        called_back: Whether a result has come by callback.
    """

    def __init__(self, functions: Functions, context: SessionContext) -> None:
        self.sid = context.sid
        self.handle: Any = ""  # Any: what the wrapper calls it
        self.ended: float | None = None
        self.called_back = False
        self._functions = functions
        self._outbox = context.outbox
        self._streams: dict[str, Part] = {}
        self._written = False

    def deliver(self, response: Any) -> bool:  # Any: what the wrapper hands over
        """A result by callback; False where the session is over."""
        self.called_back = True
        try:
            reply = self.reply(response, "callback")
        except ServiceError as error:
            return self._end(error)
        return self.emit(reply)

    def failed(self, error: BaseException) -> None:
        """The wrapper's thread died of this: the client is told, and does not wait."""
        text = f"the wrapper's thread failed: {type(error).__name__}"
        self._end(ServiceError(Fault.USER_ERROR, text, executed=Executed.YES))

    def reply(self, returned: Any, hook: str) -> Reply:  # Any: as above
        """A Response as a reply.

        Raises:
            ServiceError: It is an error, or none at all.
        """
        try:
            return replied(answer(returned, (), hook), hook, once=False)
        except Refusal as error:
            raise error_of(error.code, self._functions.text_of(error.code)) from None

    def emit(self, reply: Reply) -> bool:
        """Send it, unless there is nothing in it; False where the session is over."""
        if not reply.parts and reply.stage is not Stage.END:
            return True
        try:
            self._outbox.emit(reply)
        except Cancelled:
            return False
        except ServiceError as error:
            return self._end(error)
        return True

    def take(self, request: Request) -> Request | None:
        """One write as the wrapper is given it; None where there is nothing to give.

        The bare mark of an end becomes an empty last piece of every stream that is open: the way upstream says it.
        """
        parts = [part for part in request.parts if part.key]
        if len(parts) < len(request.parts):
            there = {part.key for part in parts}
            parts += [
                Part(last.key, b"", last.kind, Stage.END, None, last.attributes)
                for last in self._streams.values()
                if last.stage not in LAST and last.key not in there
            ]
        self._streams.update({part.key: part for part in parts})
        marked = len(parts) == 0
        if marked or all(part.stage in LAST for part in self._streams.values()):
            self.ended = self.ended or time.monotonic()
        if parts:
            self._written = True
            return attrs.evolve(request, parts=tuple(parts))
        if not self._written:
            self.emit(Reply((), Stage.END))  # it was told nothing, and has nothing to answer
        return None

    def _end(self, error: ServiceError) -> bool:
        try:
            self._outbox.emit(error)
        except Cancelled:
            return False
        return True


class Talking:
    """The hooks of a wrapper whose results come by callback."""

    functions: Functions

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> Talk:
        """``wrapperCreate``; results may come before it returns."""
        functions = self.functions
        assert functions.create is not None  # or hosted() would not have chosen this class
        talk = Talk(functions, context)
        params = functions.params(context.params, context.headers, context.sid)
        names = {"sid": context.sid, "tag": context.sid}
        values = {"params": params, **names, "person": 0, "persons": [], "count": 0, "error": 0}
        routing.creating(context.sid, talk)
        try:
            talk.handle = self._handle(functions.create(values), context.sid)
        except BaseException:
            routing.close(context.sid, "", talk)
            raise
        else:
            if isinstance(talk.handle, str) and talk.handle:
                routing.bind(talk.handle, talk)
        finally:
            routing.opened()
        return talk

    @hookimpl
    def athena_session_write(self, session: Talk, request: Request) -> None:
        """``wrapperWrite``."""
        functions = self.functions
        given = session.take(request)
        if given is None:
            return
        if functions.write is None:
            if session.ended is not None:
                session.emit(Reply((), Stage.END))
            return
        values = {"handle": session.handle, "data": functions.data(given), "sid": session.sid, "tag": session.sid}
        returned = functions.write(values)
        if isinstance(returned, int) and not isinstance(returned, bool) and returned:
            raise error_of(returned, functions.text_of(returned))
        if hasattr(returned, "error_code") and hasattr(returned, "list"):
            session.emit(session.reply(returned, "wrapperWrite"))

    @hookimpl
    def athena_session_destroy(self, session: Talk) -> None:
        """``wrapperDestroy``; a handle of the session manager is given back, which most wrappers forget."""
        functions = self.functions
        routing.close(session.sid, session.handle if isinstance(session.handle, str) else "", session)
        try:
            if functions.destroy is not None:
                functions.called(functions.destroy, {"handle": session.handle, "sid": session.sid}, "wrapperDestroy")
        finally:
            manager = getattr(functions.owner, "session", None)
            if isinstance(manager, SessionManager):
                worker = manager.get_session(session.handle)
                if worker is not None:
                    worker.leave(session.sid)

    def _handle(self, returned: Any, sid: str) -> Any:  # Any: a SessionCreateResponse, a handle, or a number
        code = getattr(returned, "error_code", 0)
        if isinstance(returned, int) and not isinstance(returned, bool):
            code = returned
        elif isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], int):
            returned, code = returned
        if isinstance(code, int) and code:
            raise error_of(code, self.functions.text_of(code))
        if returned is None or isinstance(returned, int):
            return sid
        return getattr(returned, "handle", returned)


class Asked(Talking):
    """The hooks of a wrapper that is asked for its results."""

    @hookimpl
    def athena_session_read(self, session: Talk) -> Reply:
        """``wrapperRead``, until one session's results turn out to come by callback."""
        functions = self.functions
        assert functions.read is not None  # as above
        if session.called_back:
            return Reply((), Stage.CONTINUE)
        returned = functions.read({"handle": session.handle, "sid": session.sid})
        empty = returned is None or (isinstance(returned, int) and not returned)
        reply = Reply((), Stage.CONTINUE) if empty else session.reply(returned, "wrapperRead")
        if reply.parts or reply.stage is Stage.END:
            session.ended = None if session.ended is None else time.monotonic()
            return reply
        if session.ended is not None and time.monotonic() - session.ended > PATIENCE:
            return Reply((), Stage.END)
        return Reply((), Stage.CONTINUE)


