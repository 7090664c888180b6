"""A service that listens: it says how much it has heard after each piece, and ends with the last one."""

from __future__ import annotations

import time

from athena import Part, Reply, Request, SessionContext, Stage, Wrapper, fields, hookimpl


class Dictation(Wrapper):
    """Says how much it has heard, while it listens."""

    version = "0.3"
    inputs = (fields.audio("audio", formats=("raw", "wav"), summary="16-bit PCM, or a WAV file."),)
    outputs = (fields.text("text"),)
    params = (
        fields.string("language", choices=("en", "de"), default="en"),
        fields.integer("beam", default=4, minimum=1, maximum=9, summary="Wider is slower."),
    )

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> tuple[SessionContext, list[int]]:
        return context, []

    @hookimpl
    def athena_session_write(self, session: tuple[SessionContext, list[int]], request: Request) -> None:
        context, heard = session
        for part in request.parts:
            heard.append(len(part.data))
            time.sleep(0.01)  # a model takes its time; else all is said before anybody could look
            stage = Stage.END if part.stage in (Stage.END, Stage.ONCE) else Stage.CONTINUE
            words = f"piece {len(heard)}: {sum(heard)} bytes heard"
            context.outbox.emit(Reply((Part.from_text("text", words),), stage))
