"""A wrapper whose sessions are asked for their replies; loaded by its path."""

from __future__ import annotations

from talkers import Talk

from athena import Reply, Request, SessionContext, Wrapper, fields, hookimpl


class Asked(Wrapper):
    """Keeps its replies until it is asked."""

    inputs = (fields.anything(),)

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> Talk:
        return Talk(context)

    @hookimpl
    def athena_session_write(self, session: Talk, request: Request) -> None:
        session.waiting.extend(session.answer(request))

    @hookimpl
    def athena_session_read(self, session: Talk) -> Reply:
        return session.waiting.pop(0) if session.waiting else Reply()

    @hookimpl
    def athena_session_destroy(self, session: Talk) -> None:
        session.destroyed()
