"""Where the loopback's calls come in: each is served in a task of the server's own, as on any wire."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine

from athena.errors import Executed, Fault, ServiceError

from .desk import Desk, Line
from .wire import Message, Pipe, as_fault

__all__ = ["Door"]

Finish = Callable[["ServiceError | None"], Awaitable[None]]


class Door:
    """Serves calls with the dispatcher, once ``open``.

    Attributes:
        desk: What serves them.
        draining: New work is refused.
    """

    def __init__(self, desk: Desk, log: logging.Logger) -> None:
        self.desk = desk
        self._log = log
        self._opened = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._shut = False
        self.draining = False

    def open(self) -> None:
        """Let callers in."""
        self._opened.set()

    @property
    def serving(self) -> bool:
        """Whether new work is taken."""
        return self._opened.is_set() and not self.draining

    def call(self, message: Message, pipe: Pipe) -> asyncio.Task[None]:
        """Serve one call; cancelling the task is the client going away."""
        work = {"once": self.desk.once, "stream": self.desk.stream}.get(message.operation, self.desk.detached)
        if message.operation in ("load", "unload", "resources"):
            work = self.desk.resources
        return self._begin(self._guarded(work(message, pipe), pipe.finish))

    def connect(self, message: Message) -> Line:
        """Serve one attached session."""
        line = Line()
        line.task = self._begin(self._guarded(self.desk.attached(message, line), line.fail))
        return line

    async def shut(self, grace: float) -> None:
        """Wait ``grace`` seconds for what runs, and end the rest with UNAVAILABLE."""
        self.draining = True
        tasks = set(self._tasks)
        if tasks and grace:
            await asyncio.wait(tasks, timeout=grace)
        self._shut = True
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Coroutine[None, None, None], finish: Finish) -> None:
        """Every end of a call reaches its client, whatever ended it."""
        try:
            if self.draining:
                work.close()
                raise ServiceError(Fault.UNAVAILABLE, "the server is draining", retry_after=1.0)
            await self._opened.wait()
            await work
        except asyncio.CancelledError:
            if not self._shut:
                await finish(ServiceError(Fault.CANCELLED, "the client has gone", executed=Executed.UNKNOWN))
                raise
            await finish(ServiceError(Fault.UNAVAILABLE, "the server stopped", executed=Executed.UNKNOWN))
        except Exception as error:
            await finish(as_fault(error, self._log))
