"""Where a worker's frames are handled: a desk for calls, one for sessions, one for questions to the wrapper."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

from ..errors import PluginBroken, ServiceError
from ..models import BatchSettings, Request, Resource
from . import worker_pb2 as pb
from .faults import encode_fault
from .frames import CHECK, CLOSED, DONE, FAULT, REFUSED, RELOAD, RESOURCE_LOAD, RESOURCE_UNLOAD, Frame, FrameError
from .greeting import encode_refusal
from .heads import decode, request_of, resource_of, write_of
from .outlets import CallOutlet, SessionOutlet
from .pipe import Credits, Pipe
from .tables import Tables, change_of
from .token import Token

__all__ = ["Calls", "Lifecycle", "Questions", "Run", "Runner", "Sessions"]

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

    def settle(self, limits: BatchSettings) -> None: ...

    def alone(self, timeout: float) -> AbstractContextManager[bool]:
        """Have no hook run while the block runs; yields False when one still does."""


class Lifecycle(Protocol):
    """The hooks that run alone, on the reading thread. Each may raise anything: it becomes REFUSED."""

    def check(self, tables: Tables, version: str) -> None: ...

    def reload(self, tables: Tables, version: str) -> None: ...

    def resource_load(self, resource: Resource) -> None: ...

    def resource_unload(self, resource_id: str) -> None: ...


class Calls:
    """CALL, BATCH, CANCEL, and the credit of calls."""

    def __init__(self, pipe: Pipe, service: str, runner: Runner, credit: threading.Condition) -> None:
        self._pipe = pipe
        self._service = service
        self._runner = runner
        self._credit = credit
        self._open: dict[int, CallOutlet] = {}
        self._held: dict[int, Request] = {}

    def call(self, frame: Frame) -> None:
        token = Token()
        request, held = request_of(frame, self._service, token)
        outlet = CallOutlet(self._pipe, frame.id, token, Credits(self._credit), self._forget)
        self._open[frame.id] = outlet
        if held:
            self._held[frame.id] = request
            outlet.together()
        else:
            self._runner.call(request, outlet)

    def batch(self, frame: Frame) -> None:
        head: pb.Batch = decode(pb.Batch, frame)
        try:
            requests = [self._held.pop(id) for id in head.calls]
            outlets = [self._open[id] for id in head.calls]
        except KeyError as error:
            raise FrameError(f"BATCH names call {error}, which is not held") from error
        self._runner.batch(requests, outlets)

    def cancel(self, frame: Frame) -> None:
        outlet = self._open.get(frame.id)
        if outlet is not None:
            outlet.cancel()

    def give(self, frame: Frame) -> None:
        outlet = self._open.get(frame.id)
        if outlet is not None:
            head: pb.Credit = decode(pb.Credit, frame)
            outlet.credits.give(head.messages, head.bytes)

    def _forget(self, id: int) -> None:
        self._open.pop(id, None)


class Sessions:
    """OPEN, WRITE, ASK, CLOSE, and the credit of sessions.

    A session that has ended here may be written to, asked or closed by a kernel that does not know it yet.
    """

    def __init__(self, pipe: Pipe, service: str, runner: Runner, credit: threading.Condition) -> None:
        self._pipe = pipe
        self._service = service
        self._runner = runner
        self._credit = credit
        self._open: dict[int, tuple[SessionOutlet, Run, Request]] = {}

    def open(self, frame: Frame) -> None:
        request, _ = request_of(frame, self._service, Token())
        outlet = SessionOutlet(self._pipe, frame.id, Credits(self._credit), self._forget)
        try:
            run = self._runner.open(request, outlet)
        except ServiceError as error:
            self._pipe.send(FAULT, frame.id, encode_fault(error))
            self._pipe.send(CLOSED, frame.id)
            return
        self._open[frame.id] = (outlet, run, request)
        if outlet.over:
            # It failed on its lane before it stood in the table.
            self._forget(frame.id)

    def write(self, frame: Frame) -> None:
        session = self._open.get(frame.id)
        if session is not None:
            outlet, run, opening = session
            run.write(write_of(frame, opening), partial(outlet.acknowledge, len(frame.data)))

    def ask(self, frame: Frame) -> None:
        session = self._open.get(frame.id)
        if session is not None:
            session[1].ask()

    def close(self, frame: Frame) -> None:
        session = self._open.get(frame.id)
        if session is not None:
            outlet, run, _ = session
            outlet.close()
            run.close()

    def gather(self, frame: Frame) -> None:
        head: pb.Gather = decode(pb.Gather, frame)
        self._runner.settle(BatchSettings(max(1, head.max_size), max(0.0, head.max_wait_ms)))

    def give(self, frame: Frame) -> None:
        session = self._open.get(frame.id)
        if session is not None:
            head: pb.Credit = decode(pb.Credit, frame)
            session[0].credits.give(head.messages, head.bytes)

    def _forget(self, id: int) -> None:
        self._open.pop(id, None)


class Questions:
    """CHECK, RELOAD and resources: hooks that run alone, on the reading thread.

    Attributes:
        handlers: By kind.
    """

    def __init__(self, pipe: Pipe, runner: Runner, lifecycle: Lifecycle) -> None:
        self._pipe = pipe
        self._runner = runner
        self._lifecycle = lifecycle
        self.handlers: Mapping[int, Callable[[Frame], None]] = {
            kind: partial(self._alone, action)
            for kind, action in (
                (CHECK, self._check),
                (RELOAD, self._reload),
                (RESOURCE_LOAD, self._load),
                (RESOURCE_UNLOAD, self._unload),
            )
        }

    def _check(self, frame: Frame) -> None:
        self._lifecycle.check(*change_of(frame))

    def _reload(self, frame: Frame) -> None:
        self._lifecycle.reload(*change_of(frame))

    def _load(self, frame: Frame) -> None:
        self._lifecycle.resource_load(resource_of(frame))

    def _unload(self, frame: Frame) -> None:
        head: pb.ResourceId = decode(pb.ResourceId, frame)
        self._lifecycle.resource_unload(head.id)

    def _alone(self, action: Callable[[Frame], None], frame: Frame) -> None:
        try:
            with self._runner.alone(_QUIET) as calm:
                if not calm:
                    raise PluginBroken(f"a hook ran on for {_QUIET:g} s; nothing was changed")
                action(frame)
        except FrameError:
            raise
        except BaseException as error:
            # BaseException: sys.exit() in a lifecycle hook is a refusal, never the end of this process.
            self._pipe.send(REFUSED, frame.id, encode_refusal(error))
        else:
            self._pipe.send(DONE, frame.id)
