"""A wrapper whose sessions speak through their outbox; loaded by its path."""

from __future__ import annotations

from talkers import Talk

from athena import Request, SessionContext, Wrapper, fields, hookimpl


class Emitting(Wrapper):
    """Emits its replies."""

    inputs = (fields.anything(),)

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> Talk:
        return Talk(context)

    @hookimpl
    def athena_session_write(self, session: Talk, request: Request) -> None:
        for reply in session.answer(request):
            session.context.outbox.emit(reply)

    @hookimpl
    def athena_session_destroy(self, session: Talk) -> None:
        session.destroyed()
