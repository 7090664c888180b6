"""Sequences of the Open Inference Protocol as detached sessions: the first call opens, each writes and reads once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import evolve

from athena.errors import Fault, ServiceError
from athena.interfaces import Dispatcher, Session
from athena.models import Part, Reply, Stage

from .oip_calls import Call, Sequence

__all__ = ["WAIT", "Sequences", "alias_of"]

WAIT = 10.0
"""Seconds that a call waits for the session's next reply, where it says nothing of its own."""
MARGIN = 0.05
"""Seconds before the call's deadline at which it is answered with what there is."""

Key = tuple[str, str, str]


def alias_of(service: str, sequence: Sequence) -> str:
    """By which name a sequence's session is found: ids are counted by service, and by caller."""
    return f"{service}/{sequence.id}"


class Sequences:
    """One per transport."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._turns: dict[Key, _Turn] = {}

    async def answer(self, call: Call, sequence: Sequence) -> Reply:
        """One call of a sequence: its parts are written, the next reply is its answer; the last call has what remains.

        Raises:
            ServiceError: NOT_FOUND, when the sequence was not begun; whatever the session raises.
        """
        request = call.request
        key = (request.principal.guard, request.principal.id, alias_of(request.service, sequence))
        async with self._alone(key):
            session = await self._session(call, sequence)
            until = time.monotonic() + WAIT if request.deadline is None else request.deadline - MARGIN
            if request.parts:
                await session.write(evolve(request, sid=session.sid, deadline=None))
            if sequence.end:
                return await _rest(session, until)
            if not request.parts:
                return Reply((), Stage.CONTINUE)
            return await session.read(max(0.0, until - time.monotonic()))

    async def _session(self, call: Call, sequence: Sequence) -> Session:
        request = call.request
        alias = alias_of(request.service, sequence)
        if sequence.start:
            try:
                await self._dispatcher.session(alias, request.principal).close()  # begun anew
            except ServiceError as error:
                if error.fault is not Fault.NOT_FOUND:
                    raise
            return await self._dispatcher.open(evolve(request, parts=(), deadline=None), detached=True, alias=alias)
        try:
            return self._dispatcher.session(alias, request.principal)
        except ServiceError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            text = f"no sequence {sequence.id} of {request.service!r} is open; begin it with sequence_start"
            raise ServiceError(Fault.NOT_FOUND, f"{text} (it may have ended, or idled for too long)") from None

    @asynccontextmanager
    async def _alone(self, key: Key) -> AsyncIterator[None]:
        """The calls of one sequence follow each other in the order they came."""
        turn = self._turns.setdefault(key, _Turn())
        turn.calls += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.calls -= 1
            if not turn.calls:
                self._turns.pop(key, None)


class _Turn:
    """Whose turn it is in one sequence; gone with the last call that waits for it."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.calls = 0


async def _rest(session: Session, until: float) -> Reply:
    """All that a session still says; it is closed if it says nothing more in time."""
    parts: list[Part] = []
    attributes: dict[str, str] = {}
    try:
        while True:
            left = until - time.monotonic()
            reply = await session.read(max(0.0, left))
            parts += reply.parts
            attributes.update(reply.attributes)
            if reply.stage is Stage.END or left <= 0:
                return Reply(tuple(parts), Stage.END, attributes)
    finally:
        await session.close()
