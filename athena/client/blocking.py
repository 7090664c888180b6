"""For scripts without an event loop: one in a thread of its own, and calls that wait for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from athena.interfaces import Session
from athena.models import Reply, Request

__all__ = ["BlockingSession", "LoopThread"]

T = TypeVar("T")


class LoopThread:
    """An event loop in a daemon thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="athena-loop", daemon=True)
        self._thread.start()

    def run(self, what: Awaitable[T]) -> T:
        """Await there, wait here. An interrupt here cancels there."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(_awaited(what), self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def iterate(self, replies: AsyncGenerator[Reply, None]) -> Iterator[Reply]:
        """The replies as they come; leaving the loop early closes the generator, which cancels the call."""
        try:
            while True:
                try:
                    yield self.run(replies.__anext__())
                except StopAsyncIteration:
                    return
        finally:
            self.run(replies.aclose())

    def close(self) -> None:
        """Stop the loop and free it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class BlockingSession:
    """A session whose calls wait."""

    def __init__(self, session: Session, thread: LoopThread) -> None:
        self._session = session
        self._thread = thread

    def write(self, request: Request) -> None:
        """Give the wrapper more."""
        self._thread.run(self._session.write(request))

    def read(self, wait: float | None = None) -> Reply:
        """The next reply."""
        return self._thread.run(self._session.read(wait))

    def close(self) -> None:
        """End it."""
        self._thread.run(self._session.close())


async def _awaited(what: Awaitable[T]) -> T:
    return await what
