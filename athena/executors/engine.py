"""Runs one wrapper's hooks on lanes: the same room in a thread executor and in a worker process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from athena.errors import Fault, ServiceError
from athena.models import BatchSettings, Request
from athena.plugins import Hooks

from .actor import SessionRun, SessionSink
from .execution import CallSink, Execution
from .lanes import Lanes
from .writes import Writes

__all__ = ["CallSink", "Engine"]


class Engine:
    """One wrapper, ``threads`` executions at once."""

    def __init__(
        self,
        hooks: Hooks,
        service: str,
        threads: int,
        *,
        max_message: int = 32 * 1024 * 1024,
        rest: Callable[[], None] | None = None,
    ) -> None:
        """Args:
        rest: See :class:`~athena.executors.lanes.Lanes`.
        """
        self.hooks = hooks
        self._limit = max_message
        self._execution = Execution(hooks, max_message)
        self._lanes = Lanes(f"athena-{service}", threads, rest)
        self.hurried = self._lanes.hurried
        self.brisk = self._lanes.brisk
        self.stacks = self._lanes.stacks
        self._writes = Writes(self._lanes, threads, self._execution.answers)

    def start(self) -> None:
        """Start the threads; ``hooks.init`` has returned by then."""
        self._lanes.start()

    def settle(self, limits: BatchSettings) -> None:
        """Take new limits for lists of sessions' writes, from any thread."""
        self._writes.settle(limits)

    def stop(self, timeout: float) -> bool:
        """Let running hooks finish; says whether all did within ``timeout`` seconds."""
        return self._lanes.stop(timeout)

    def alone(self, timeout: float) -> AbstractContextManager[bool]:
        """Have no hook run while the block runs (lifecycle hooks are called then, on the caller's thread)."""
        return self._lanes.alone(timeout)

    def call(self, request: Request, sink: CallSink) -> None:
        """Queue one call; its outcome goes to the sink."""
        self._lanes.submit(lambda: self._execution.call(request, sink))

    def batch(
        self, requests: Sequence[Request], sinks: Sequence[CallSink], returned: Callable[[], None] | None = None
    ) -> None:
        """Queue many calls as one ``athena_batch_exec``; ``returned``: see :class:`Execution`."""
        self._lanes.submit(lambda: self._execution.batch(list(zip(requests, sinks, strict=True)), returned))

    def open(self, request: Request, sink: SessionSink) -> SessionRun:
        """Queue a session's creation.

        Raises:
            ServiceError: UNSUPPORTED, when the wrapper has no sessions.
        """
        if self.hooks.create is None:
            raise ServiceError(Fault.UNSUPPORTED, f"{request.service} has no sessions; call it once")
        return SessionRun(self.hooks, self._lanes, request, sink, self._limit, self._writes.add)
