"""The session half of the probes: asked for replies, or emitting them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator

from athena.errors import Cancelled
from athena.models import Part, Reply, Request, SessionContext, Stage
from athena.specs import hookimpl
from athena.testing.misbehave import misbehave

from .lifecycle import refusal
from .once import Once

__all__ = ["Probe", "PushProbe", "Talk"]


class Talk:
    """One session of a probe."""

    def __init__(self, context: SessionContext) -> None:
        self.context = context
        self.params = context.params
        self.writes = 0
        self.replies: deque[Reply] = deque()

    def answer(self, request: Request) -> Iterator[Reply]:
        """The echo of a write, and the end after the last one."""
        self.writes += 1
        data = tuple(Part(p.key, p.tobytes(), p.kind, p.stage, p.seq, p.attributes) for p in request.parts if p.key)
        if data:
            yield Reply(data, Stage.CONTINUE)
        if request.ended:
            yield Reply((Part.from_text("writes", str(self.writes)),), Stage.END)


class Probe(Once):
    """Once, iterator, and a session that is asked for its replies (athena_session_read)."""

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> object:
        """A Talk; parameters ``bad`` and ``bad_in`` make a session hook go wrong."""
        if context.params.get("bad_in") == "create":
            return misbehave(context.params["bad"])
        if context.params.get("refuse_in") == "create":
            raise refusal(context.params)
        self.took("create", context.params, context.sid)
        return Talk(context)

    @hookimpl
    def athena_session_write(self, session: Talk, request: Request) -> None:
        """Keep the echo until it is asked for."""
        self.took("write", session.params, request.sid)
        self._maybe(session, "write")
        session.replies.extend(session.answer(request))

    @hookimpl
    def athena_session_read(self, session: Talk) -> Reply:
        """What is ready."""
        if session.writes and session.params.get("bad_in") == "read":
            wrong: Reply = misbehave(session.params["bad"])
            return wrong
        return session.replies.popleft() if session.replies else Reply()

    @hookimpl
    def athena_session_destroy(self, session: Talk) -> None:
        """Note it."""
        self.took("destroy", session.params, session.context.sid)
        self._maybe(session, "destroy")

    def _maybe(self, session: Talk, hook: str) -> None:
        if session.params.get("bad_in") == hook:
            misbehave(session.params["bad"])
        if session.params.get("refuse_in") == hook:
            raise refusal(session.params)


class PushProbe(Once):
    """Once, and a session that emits through its outbox, from threads of its own where ``flood`` says so."""

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> object:
        """A Talk; with ``flood`` a thread emits that many replies by itself."""
        self.took("create", context.params, context.sid)
        talk = Talk(context)
        if "flood" in context.params:
            threading.Thread(target=self._flood, args=(talk,), daemon=True, name="probe-flood").start()
        return talk

    @hookimpl
    def athena_session_write(self, session: Talk, request: Request) -> None:
        """Emit the echo."""
        self.took("write", session.params, request.sid)
        for reply in session.answer(request):
            session.context.outbox.emit(reply)

    @hookimpl
    def athena_session_destroy(self, session: Talk) -> None:
        """Note it."""
        self.took("destroy", session.params, session.context.sid)

    def _flood(self, talk: Talk) -> None:
        emit, count = talk.context.outbox.emit, int(talk.params["flood"])
        try:
            for number in range(count):
                emit(Reply((Part.from_text("item", str(number)),), Stage.CONTINUE))
                self.took("emitted", talk.params, talk.context.sid)
            emit(Reply((), Stage.END))
        except Cancelled:
            self.took("flood cancelled", talk.params, talk.context.sid)
