"""Runs one wrapper's hooks on lanes: the same room in a thread executor and in a worker process."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from athena.errors import Cancelled, Fault, ServiceError
from athena.link.token import Token
from athena.models import Reply, Request
from athena.plugins import Hooks

from .actor import SessionRun, SessionSink
from .lanes import Lanes
from .replies import checked, fault_of, user_error

__all__ = ["CallSink", "Engine"]


class CallSink(Protocol):
    """Where a call's outcome goes; called on lane threads."""

    def item(self, reply: Reply) -> None:
        """One of many; blocks while the reader is behind. Raises Cancelled or ServiceError to stop the iterator."""

    def done(self, reply: Reply | None) -> None:
        """The end: a plain reply, or None after items."""

    def failed(self, error: ServiceError) -> None:
        """The end, badly."""


class Engine:
    """One wrapper, ``threads`` executions at once."""

    def __init__(self, hooks: Hooks, service: str, threads: int, *, max_message: int = 32 * 1024 * 1024) -> None:
        self.hooks = hooks
        self._limit = max_message
        self._lanes = Lanes(f"athena-{service}", threads)
        self._writes: deque[tuple[SessionRun, Request]] = deque()

    def start(self) -> None:
        """Start the threads; ``hooks.init`` has returned by then."""
        self._lanes.start()

    def stop(self, timeout: float) -> bool:
        """Let running hooks finish; says whether all did within ``timeout`` seconds."""
        return self._lanes.stop(timeout)

    def alone(self, timeout: float) -> AbstractContextManager[bool]:
        """Have no hook run while the block runs (lifecycle hooks are called then, on the caller's thread)."""
        return self._lanes.alone(timeout)

    def call(self, request: Request, sink: CallSink) -> None:
        """Queue one call; its outcome goes to the sink."""
        self._lanes.submit(lambda: self._call(request, sink))

    def batch(self, requests: Sequence[Request], sinks: Sequence[CallSink]) -> None:
        """Queue many calls as one ``athena_batch_exec``."""
        self._lanes.submit(lambda: self._batch(list(zip(requests, sinks, strict=True))))

    def open(self, request: Request, sink: SessionSink) -> SessionRun:
        """Queue a session's creation.

        Raises:
            ServiceError: UNSUPPORTED, when the wrapper has no sessions.
        """
        if self.hooks.create is None:
            raise ServiceError(Fault.UNSUPPORTED, f"{request.service} has no sessions; call it once")
        run = SessionRun(self.hooks, self._lanes, request, sink, self._limit, self._gather)
        run.begin()
        return run

    def _call(self, request: Request, sink: CallSink) -> None:
        token = request.cancellation
        if request.cancelled:
            sink.failed(ServiceError(Fault.CANCELLED, "the call was cancelled before it began"))
            return
        if isinstance(token, Token):
            token.started = True
        once = self.hooks.once
        if once is None:
            self._batch([(request, sink)])
            return
        try:
            answer = once(request)
            many = isinstance(answer, Iterator)
        except BaseException as error:
            sink.failed(fault_of(error, "athena_once_exec"))
            return
        if many:
            self._iterate(answer, request, sink)
            return
        try:
            reply = checked(answer, "athena_once_exec", self._limit, "a Reply or an iterator of Reply")
        except ServiceError as error:
            sink.failed(error)
        else:
            sink.done(reply)

    def _iterate(self, answer: Iterator[object], request: Request, sink: CallSink) -> None:
        failure: ServiceError | None = None
        try:
            for item in answer:
                sink.item(checked(item, "athena_once_exec's iterator", self._limit))
                if request.cancelled:
                    raise Cancelled("the caller has gone")
        except BaseException as error:
            failure = fault_of(error, "athena_once_exec's iterator")
        # The iterator's finally runs before anybody is told that the call is over: what it holds is free by then.
        try:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            failure = failure or fault_of(error, "athena_once_exec's iterator")
        if failure is None:
            sink.done(None)
        else:
            sink.failed(failure)

    def _batch(self, calls: list[tuple[Request, CallSink]]) -> None:
        alive: list[tuple[Request, CallSink]] = []
        for request, sink in calls:
            if request.cancelled:
                sink.failed(ServiceError(Fault.CANCELLED, "the call was cancelled before it began"))
                continue
            if isinstance(request.cancellation, Token):
                request.cancellation.started = True
            alive.append((request, sink))
        if not alive:
            return
        for (_, sink), outcome in zip(alive, self._answers([request for request, _ in alive]), strict=True):
            if isinstance(outcome, ServiceError):
                sink.failed(outcome)
            else:
                sink.done(outcome)

    def _answers(self, requests: list[Request]) -> list[Reply | ServiceError]:
        """One outcome per request, whatever the hook does."""
        if self.hooks.batch is None:
            unsupported = ServiceError(
                Fault.UNSUPPORTED, "the wrapper has neither athena_once_exec nor athena_batch_exec"
            )
            return [unsupported] * len(requests)
        try:
            answers = self.hooks.batch(requests)
        except BaseException as error:
            return [fault_of(error, "athena_batch_exec")] * len(requests)
        if not isinstance(answers, list) or len(answers) != len(requests):
            got = f"{len(answers)} items" if isinstance(answers, list) else type(answers).__name__
            return [user_error("athena_batch_exec", f"returned {got}; expected a list of {len(requests)}")] * len(
                requests
            )
        return [self._one(answer) for answer in answers]

    def _one(self, answer: object) -> Reply | ServiceError:
        try:
            if isinstance(answer, ServiceError):
                return fault_of(answer, "athena_batch_exec")
            return checked(answer, "athena_batch_exec", self._limit, "a list of Reply or ServiceError")
        except BaseException as error:
            return fault_of(error, "athena_batch_exec")

    def _gather(self, run: SessionRun, request: Request) -> None:
        """A session's write for a wrapper that takes them as batches: whoever waits by then goes together."""
        self._writes.append((run, request))
        self._lanes.submit(self._write_batch)

    def _write_batch(self) -> None:
        waiting: list[tuple[SessionRun, Request]] = []
        # Each session waits with at most one write, so popping all keeps "at most one per session".
        while self._writes:
            try:
                waiting.append(self._writes.popleft())
            except IndexError:
                break
        if not waiting:
            return
        for (run, request), answer in zip(waiting, self._answers([request for _, request in waiting]), strict=True):
            run.answered(request, answer)
