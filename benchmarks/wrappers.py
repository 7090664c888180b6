"""The wrappers that are measured: the smallest echo there can be, and a model that computes in Python for 10 ms."""

from __future__ import annotations

import time

from athena import Part, Reply, Request, SessionContext, Stage, Wrapper, fields, hookimpl

SPIN = 0.010
"""Seconds of pure Python."""


def spin(data: bytes) -> bytes:
    """Compute for 10 ms of this thread's own CPU time, holding the interpreter."""
    until = time.thread_time() + SPIN
    while time.thread_time() < until:
        pass
    return data


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
