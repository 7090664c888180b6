"""One call on a lane: the exec hooks, what they hand back, and where it goes. Nothing in here raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from athena.errors import Cancelled, Fault, ServiceError
from athena.link.token import Token
from athena.models import Reply, Request
from athena.plugins import Hooks

from .replies import checked, fault_of, user_error

__all__ = ["CallSink", "Execution"]


class CallSink(Protocol):
    """Where a call's outcome goes; called on lane threads."""

    def item(self, reply: Reply) -> None:
        """One of many; blocks while the reader is behind. Raises Cancelled or ServiceError to stop the iterator."""

    def done(self, reply: Reply | None) -> None:
        """The end: a plain reply, or None after items."""

    def failed(self, error: ServiceError) -> None:
        """The end, badly."""


class Execution:
    """Runs ``athena_once_exec`` and ``athena_batch_exec`` of one wrapper."""

    def __init__(self, hooks: Hooks, limit: int) -> None:
        """Args:
        limit: Bytes of the largest reply that can travel.
        """
        self._hooks = hooks
        self._limit = limit

    def call(self, request: Request, sink: CallSink) -> None:
        """One call, from its cancellation before it began to its outcome."""
        token = request.cancellation
        if request.cancelled:
            sink.failed(ServiceError(Fault.CANCELLED, "the call was cancelled before it began"))
            return
        if isinstance(token, Token):
            token.started = True
        once = self._hooks.once
        if once is None:
            self.batch([(request, sink)])
            return
        try:
            answer = once(request)
            # First the class: to ask whether it is an iterator takes longer than most of this.
            many = answer.__class__ is not Reply and isinstance(answer, Iterator)
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

    def batch(self, calls: Sequence[tuple[Request, CallSink]], returned: Callable[[], None] | None = None) -> None:
        """Many calls as one ``athena_batch_exec``; those nobody waits for any more are left out.

        Args:
            returned: Called before the first of them is told its outcome, when the hook has returned.
        """
        alive: list[tuple[Request, CallSink]] = []
        for request, sink in calls:
            if request.cancelled:
                sink.failed(ServiceError(Fault.CANCELLED, "the call was cancelled before it began"))
                continue
            if isinstance(request.cancellation, Token):
                request.cancellation.started = True
            alive.append((request, sink))
        answers = self.answers([request for request, _ in alive]) if alive else []
        if returned is not None:
            returned()
        for (_, sink), outcome in zip(alive, answers, strict=True):
            if isinstance(outcome, ServiceError):
                sink.failed(outcome)
            else:
                sink.done(outcome)

    def answers(self, requests: list[Request]) -> list[Reply | ServiceError]:
        """One outcome per request, whatever the hook does."""
        if self._hooks.batch is None:
            unsupported = ServiceError(
                Fault.UNSUPPORTED, "the wrapper has neither athena_once_exec nor athena_batch_exec"
            )
            return [unsupported] * len(requests)
        try:
            answers = self._hooks.batch(requests)
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
