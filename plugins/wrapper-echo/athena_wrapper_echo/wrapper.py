"""The echo wrapper: every hook an author may answer, in the fewest lines. Read this one first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from athena import Cancelled, Reply, Request, ServiceError, SessionContext, Stage, Wrapper, fields, hookimpl

PAUSE = 0.01  # seconds between two looks at whether anybody still waits


class Echo(Wrapper):
    """Answers with what it was sent: once, item by item, in a session, in a batch."""

    version = "1.0"
    inputs = (fields.anything(summary="Whatever you send."),)
    outputs = (fields.anything(summary="The same again."),)
    params = (
        fields.integer("times", minimum=0, maximum=1_000_000, summary="Answer with so many items."),
        fields.number("delay_ms", default=0, minimum=0, summary="Milliseconds to wait before each reply."),
    )

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply | Iterator[Reply]:
        """One reply; with the parameter ``times``, an iterator of them."""
        if "times" in request.params:
            return self._items(request, int(request.params["times"]))
        wait(request)
        return Reply(request.parts)

    def _items(self, request: Request, times: int) -> Iterator[Reply]:
        for _ in range(times):
            wait(request)
            yield Reply(request.parts)

    @hookimpl
    def athena_batch_exec(self, requests: Sequence[Request]) -> list[Reply | ServiceError]:
        """Many requests at once: one reply each, in the same order."""
        return [Reply(request.parts) for request in requests]

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> Conversation:
        """What is returned here comes back as ``session`` in the other session hooks."""
        return Conversation(context)

    @hookimpl
    def athena_session_write(self, session: Conversation, request: Request) -> None:
        session.answer(request)


class Conversation:
    """One session: its outbox, and which of its streams are still open."""

    def __init__(self, context: SessionContext) -> None:
        self._outbox = context.outbox
        self._open: set[str] = set()

    def answer(self, request: Request) -> None:
        """Echo one write; the reply to the last one ends the session."""
        for part in request.parts:
            if part.stage in (Stage.BEGIN, Stage.CONTINUE):
                self._open.add(part.key)
            elif part.key:
                self._open.discard(part.key)
            else:  # the bare end mark: nothing more comes in any stream
                self._open.clear()
        stage = Stage.END if request.ended and not self._open else Stage.CONTINUE
        self._outbox.emit(Reply(tuple(part for part in request.parts if part.key), stage))


def wait(request: Request) -> None:
    """Sleep for ``delay_ms``, but no longer than somebody waits for the answer."""
    until = time.monotonic() + float(request.params.get("delay_ms", "0")) / 1000
    while (left := until - time.monotonic()) > 0:
        if request.cancelled:
            raise Cancelled("nobody waits for this echo any more")
        time.sleep(min(left, PAUSE))
