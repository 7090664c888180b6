"""The worker's end of the protocol: one reading thread that hands work to a runner, and answers written by lanes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .desks import Calls, Lifecycle, Questions, Run, Runner, Sessions
from .frames import (
    ASK,
    BATCH,
    BYE,
    CALL,
    CANCEL,
    CLOSE,
    CREDIT,
    DRAIN,
    GATHER,
    OPEN,
    PING,
    PONG,
    WRITE,
    Frame,
    FrameError,
)
from .pipe import Pipe

__all__ = ["Child", "Lifecycle", "Run", "Runner"]


class Child:
    """Serves one runner over one pipe, from READY to BYE."""

    def __init__(self, pipe: Pipe, service: str, runner: Runner, lifecycle: Lifecycle) -> None:
        self._pipe = pipe
        credit = threading.Condition()
        calls = Calls(pipe, service, runner, credit)
        sessions = Sessions(pipe, service, runner, credit)

        def give(frame: Frame) -> None:
            calls.give(frame)
            sessions.give(frame)

        self._handlers: dict[int, Callable[[Frame], None]] = {
            CALL: calls.call,
            BATCH: calls.batch,
            CANCEL: calls.cancel,
            OPEN: sessions.open,
            WRITE: sessions.write,
            ASK: sessions.ask,
            CLOSE: sessions.close,
            CREDIT: give,
            GATHER: sessions.gather,
            PING: lambda frame: pipe.send(PONG, frame.id),
            # Told so that a worker may free what only new work needs; this one needs nothing of the kind.
            DRAIN: lambda frame: None,
            **Questions(pipe, runner, lifecycle).handlers,
        }

    def serve(self) -> bool:
        """Read and act until BYE (True) or until the kernel is gone (False).

        Call it on the main thread: lifecycle hooks run right here. Nothing else here waits for a hook, so CANCEL and
        CLOSE act at once, whatever runs.

        Raises:
            FrameError: What came is not the protocol.
        """
        handlers, receive = self._handlers, self._pipe.receive
        while (frame := receive()) is not None:
            if frame.kind == BYE:
                return True
            handler = handlers.get(frame.kind)
            if handler is None:
                raise FrameError(f"frame kind {frame.kind} is for kernels, not for workers")
            handler(frame)
            # A large request must be free before the next one is received.
            del frame
        return False
