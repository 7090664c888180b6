"""The worker's end of the protocol: one reading thread that hands work to a runner, and answers written by lanes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

from ..errors import PluginBroken, ServiceError
from ..models import Request, Resource
from . import worker_pb2 as pb
from .frames import (
    ASK,
    BATCH,
    BYE,
    CALL,
    CANCEL,
    CHECK,
    CLOSE,
    CLOSED,
    CREDIT,
    DONE,
    DRAIN,
    FAULT,
    OPEN,
    PING,
    PONG,
    REFUSED,
    RELOAD,
    RESOURCE_LOAD,
    RESOURCE_UNLOAD,
    WRITE,
    Frame,
    FrameError,
)
from .greeting import encode_refusal
from .heads import decode, encode_fault, request_of, resource_of
from .outlets import CallOutlet, SessionOutlet
from .pipe import Credits, Pipe
from .tables import Tables, change_of
from .token import Token

__all__ = ["Child", "Lifecycle", "Run", "Runner"]

_QUIET = 4.5
"""Seconds a running hook is waited for before a lifecycle hook; the kernel gives up a little later."""


class Run(Protocol):
    """One session where its wrapper lives."""

    def write(self, request: Request, acknowledge: Callable[[], None]) -> None: ...

    def ask(self) -> None: ...

    def close(self) -> None: ...


class Runner(Protocol):
    """What runs hooks: an Engine. None of these waits for a hook."""

    def call(self, request: Request, sink: CallOutlet) -> None: ...

    def batch(self, requests: Sequence[Request], sinks: Sequence[CallOutlet]) -> None: ...

    def open(self, request: Request, sink: SessionOutlet) -> Run: ...

    def alone(self, timeout: float) -> AbstractContextManager[bool]:
        """Have no hook run while the block runs; yields False when one still does."""


class Lifecycle(Protocol):
    """The hooks that run alone, on the reading thread. Each may raise anything: it becomes REFUSED."""

    def check(self, tables: Tables, version: str) -> None: ...

    def reload(self, tables: Tables, version: str) -> None: ...

    def resource_load(self, resource: Resource) -> None: ...

    def resource_unload(self, resource_id: str) -> None: ...


class Child:
    """Serves one runner over one pipe, from READY to BYE."""

    def __init__(self, pipe: Pipe, service: str, runner: Runner, lifecycle: Lifecycle) -> None:
        self._pipe = pipe
        self._service = service
        self._runner = runner
        self._lifecycle = lifecycle
        self._credit = threading.Condition()
        self._calls: dict[int, CallOutlet] = {}
        self._held: dict[int, Request] = {}
        self._sessions: dict[int, tuple[SessionOutlet, Run]] = {}
        self._handlers: dict[int, Callable[[Frame], None]] = {
            CALL: self._call,
            BATCH: self._batch,
            OPEN: self._open,
            WRITE: self._write,
            ASK: self._ask,
            CLOSE: self._close,
            CANCEL: self._cancel,
            CREDIT: self._give,
            CHECK: self._check,
            RELOAD: self._reload,
            RESOURCE_LOAD: self._resource_load,
            RESOURCE_UNLOAD: self._resource_unload,
            PING: self._ping,
            # Told so that a worker may free what only new work needs; this one needs nothing of the kind.
            DRAIN: lambda frame: None,
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

    def _call(self, frame: Frame) -> None:
        token = Token()
        request, held = request_of(frame, self._service, token)
        outlet = CallOutlet(self._pipe, frame.id, token, Credits(self._credit), self._forget)
        self._calls[frame.id] = outlet
        if held:
            self._held[frame.id] = request
        else:
            self._runner.call(request, outlet)

    def _batch(self, frame: Frame) -> None:
        head: pb.Batch = decode(pb.Batch, frame)
        try:
            requests = [self._held.pop(id) for id in head.calls]
            outlets = [self._calls[id] for id in head.calls]
        except KeyError as error:
            raise FrameError(f"BATCH names call {error}, which is not held") from error
        self._runner.batch(requests, outlets)

    def _cancel(self, frame: Frame) -> None:
        outlet = self._calls.get(frame.id)
        if outlet is not None:
            outlet.cancel()

    def _give(self, frame: Frame) -> None:
        head: pb.Credit = decode(pb.Credit, frame)
        call = self._calls.get(frame.id)
        if call is not None:
            call.credits.give(head.messages, head.bytes)
            return
        session = self._sessions.get(frame.id)
        if session is not None:
            session[0].credits.give(head.messages, head.bytes)

    def _forget(self, id: int) -> None:
        self._calls.pop(id, None)

    def _open(self, frame: Frame) -> None:
        request, _ = request_of(frame, self._service, Token())
        outlet = SessionOutlet(self._pipe, frame.id, Credits(self._credit), self._forget_session)
        try:
            run = self._runner.open(request, outlet)
        except ServiceError as error:
            self._pipe.send(FAULT, frame.id, encode_fault(error))
            self._pipe.send(CLOSED, frame.id)
            return
        self._sessions[frame.id] = (outlet, run)
        if outlet.over:
            # It failed on its lane before it stood in the table.
            self._forget_session(frame.id)

    def _forget_session(self, id: int) -> None:
        self._sessions.pop(id, None)

    # A session that has ended here may be written to, asked or closed by a kernel that does not know it yet.

    def _write(self, frame: Frame) -> None:
        session = self._sessions.get(frame.id)
        if session is not None:
            outlet, run = session
            request, _ = request_of(frame, self._service, None)
            run.write(request, partial(outlet.acknowledge, len(frame.data)))

    def _ask(self, frame: Frame) -> None:
        session = self._sessions.get(frame.id)
        if session is not None:
            session[1].ask()

    def _close(self, frame: Frame) -> None:
        session = self._sessions.get(frame.id)
        if session is not None:
            outlet, run = session
            outlet.close()
            run.close()

    def _ping(self, frame: Frame) -> None:
        self._pipe.send(PONG, frame.id)

    def _check(self, frame: Frame) -> None:
        self._alone(frame, partial(self._lifecycle.check, *change_of(frame)))

    def _reload(self, frame: Frame) -> None:
        self._alone(frame, partial(self._lifecycle.reload, *change_of(frame)))

    def _resource_load(self, frame: Frame) -> None:
        self._alone(frame, partial(self._lifecycle.resource_load, resource_of(frame)))

    def _resource_unload(self, frame: Frame) -> None:
        head: pb.ResourceId = decode(pb.ResourceId, frame)
        self._alone(frame, partial(self._lifecycle.resource_unload, head.id))

    def _alone(self, frame: Frame, action: Callable[[], None]) -> None:
        try:
            with self._runner.alone(_QUIET) as calm:
                if not calm:
                    raise PluginBroken(f"a hook ran on for {_QUIET:g} s; nothing was changed")
                action()
        except BaseException as error:
            # BaseException: sys.exit() in a lifecycle hook is a refusal, never the end of this process.
            self._pipe.send(REFUSED, frame.id, encode_refusal(error))
        else:
            self._pipe.send(DONE, frame.id)
