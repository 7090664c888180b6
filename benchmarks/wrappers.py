"""The wrappers that are measured: the smallest echo there can be, and models that take their time."""

from __future__ import annotations

import time
from collections.abc import Sequence

from athena import Part, Reply, Request, ServiceError, SessionContext, Stage, Wrapper, fields, hookimpl

SPIN = 0.010
"""Seconds of pure Python."""


FIXED, EACH = 0.005, 0.0002
"""Seconds that a batch takes, and each of its items."""


def spin(data: bytes) -> bytes:
    """Compute for 10 ms of this thread's own CPU time, holding the interpreter."""
    until = time.thread_time() + SPIN
    while time.thread_time() < until:
        pass
    return data


def together(items: Sequence[bytes]) -> list[bytes]:
    """What a model on a device takes for a batch, without the interpreter: 5 ms, and 0.2 ms more for each item."""
    time.sleep(FIXED + EACH * len(items))
    return list(items)


class Mirror(Wrapper):
    """Gives the parts back."""

    inputs = (fields.anything(),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply(request.parts)

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> SessionContext:
        return context

    @hookimpl
    def athena_session_write(self, session: SessionContext, request: Request) -> None:
        session.outbox.emit(Reply(request.parts, Stage.END if request.ended else Stage.CONTINUE))


class Spin(Wrapper):
    """Computes for 10 ms."""

    inputs = (fields.anything(),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply(tuple(Part(part.key, spin(part.tobytes()), part.kind) for part in request.parts))


class Together(Wrapper):
    """Takes 5 ms for a batch, and 0.2 ms for each of its items."""

    inputs = (fields.anything(),)

    @hookimpl
    def athena_batch_exec(self, requests: Sequence[Request]) -> list[Reply | ServiceError]:
        together([b""] * len(requests))
        return [Reply(request.parts) for request in requests]
