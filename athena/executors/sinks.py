"""Where the engine's outcomes go in a thread executor: from lane threads, through the mailbox, to whoever awaits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Session
from athena.link.inbox import Inbox
from athena.link.token import Token
from athena.models import Reply, Request, Stage

from .actor import SessionRun
from .credit import Credit, size_of
from .departures import Departures
from .losses import Losses
from .mailbox import Mailbox
from .replies import join
from .tally import Tally

__all__ = ["OnceSink", "StreamSink", "ThreadSession", "cancel", "held"]

WRITE_WINDOW = 16
"""Writes of one session that may wait for its hook; the next one waits in ``write``."""
CLOSE_GRACE = 5.0
"""Seconds ``athena_session_destroy`` may take before ``close`` returns without it."""

Finished = Callable[[], None]


def held(tally: Tally, losses: Losses | None, request: Request) -> Finished:
    """Count a call in; returns what counts it out when its hook has returned."""
    tally.began()
    token = request.cancellation
    if not isinstance(token, Token):
        return tally.ended
    token.held = True

    def ended() -> None:
        tally.ended()
        if losses is not None and (losses.watched or losses.lost):
            losses.found(token)
        token.release()

    return ended


def cancel(request: Request) -> None:
    """Nobody waits for it any more."""
    if isinstance(request.cancellation, Token):
        request.cancellation.cancel()


class OnceSink:
    """One future; an iterator's replies are joined, up to ``limit`` bytes."""

    __slots__ = ("_finished", "_items", "_limit", "_mailbox", "_size", "future")

    def __init__(self, mailbox: Mailbox, future: asyncio.Future[Reply], limit: int, finished: Finished) -> None:
        self.future = future
        self._mailbox = mailbox
        self._finished = finished
        self._limit = limit
        self._items: list[Reply] = []
        self._size = 0

    def item(self, reply: Reply) -> None:
        self._size += size_of(reply)
        if self._size > self._limit:
            text = f"the replies together are more than {self._limit} bytes; ask for a stream of them"
            raise ServiceError(Fault.TOO_LARGE, text, executed=Executed.YES)
        self._items.append(reply)

    def done(self, reply: Reply | None) -> None:
        self._mailbox.post(self._resolve, join(self._items) if reply is None else reply)

    def failed(self, error: ServiceError) -> None:
        self._mailbox.post(self._reject, error)

    def _resolve(self, reply: Reply) -> None:
        self._finished()
        if not self.future.done():
            self.future.set_result(reply)

    def _reject(self, error: ServiceError) -> None:
        self._finished()
        if not self.future.done():
            self.future.set_exception(error)


class StreamSink:
    """An inbox the reader drains at its own pace; the iterator waits on the credit."""

    __slots__ = ("_finished", "_mailbox", "credit", "inbox")

    def __init__(self, mailbox: Mailbox, finished: Finished) -> None:
        self.credit = Credit()
        self.inbox = Inbox(self.credit.give)
        self._mailbox = mailbox
        self._finished = finished

    def item(self, reply: Reply) -> None:
        size = size_of(reply)
        self.credit.take(size)
        self._mailbox.post(self.inbox.put, reply, size)

    def done(self, reply: Reply | None) -> None:
        self._mailbox.post(self._end, reply, None)

    def failed(self, error: ServiceError) -> None:
        self._mailbox.post(self._end, None, error)

    def _end(self, reply: Reply | None, error: ServiceError | None) -> None:
        self._finished()
        if reply is not None:
            self.inbox.put(reply, 0)
        self.inbox.end(error)


class ThreadSession(Session):
    """A session of a thread executor: the loop's side of a :class:`SessionRun`."""

    def __init__(
        self, request: Request, mailbox: Mailbox, departures: Departures, gone: Callable[[ThreadSession], None]
    ) -> None:
        self.sid = request.sid
        self._opening = request
        self.run: SessionRun | None = None
        self.credit = Credit()
        self._mailbox = mailbox
        self._departures = departures
        self._gone = gone
        self._inbox = Inbox(self.credit.give)
        if isinstance(request.cancellation, Token):
            request.cancellation.behind = self._inbox.behind
        self._created: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closed = asyncio.Event()
        self._window = asyncio.Semaphore(WRITE_WINDOW)

    async def created(self) -> None:
        """Returns when ``athena_session_create`` has; raises what it raised."""
        await self._created

    async def write(self, request: Request) -> None:
        if self._inbox.over or self.run is None:
            raise ServiceError(Fault.SESSION_CLOSED, "the session has ended")
        mine = self._opening
        full = Request(
            mine.service, mine.sid, request.parts, request.params, request.headers, request.expect,
            mine.deadline, mine.principal, mine.cancellation,
        )  # fmt: skip
        await self._window.acquire()
        acknowledge = partial(self._mailbox.post, self._window.release)
        self._departures.add(partial(self.run.write, full, acknowledge))

    async def read(self, wait: float | None = None) -> Reply:
        if wait is not None and self.run is not None:
            self._departures.leave()
            self.run.ask()
        reply = await self._inbox.get(wait)
        if reply is not None:
            return reply
        if self._inbox.over:
            raise ServiceError(Fault.SESSION_CLOSED, "the session has ended")
        return Reply((), Stage.CONTINUE)

    async def close(self, reason: Fault | None = None) -> None:
        self.credit.close()
        self._inbox.end(ServiceError(reason, "the session was closed", executed=Executed.YES) if reason else None)
        if self.run is None:
            self._gone(self)
            return
        self._departures.leave()
        self.run.close()
        try:
            await asyncio.wait_for(self._closed.wait(), CLOSE_GRACE)
        except asyncio.TimeoutError:
            self._gone(self)

    # The engine's side: lane threads.

    def opened(self) -> None:
        self._mailbox.post(self._settle, None)

    def emit(self, reply: Reply) -> None:
        size = size_of(reply)
        self.credit.take(size)
        self._mailbox.post(self._inbox.put, reply, size)

    def ended(self, error: ServiceError | None) -> None:
        self._mailbox.post(self._end, error)

    def closed(self) -> None:
        # A wrapper's thread that still waits for its reader is woken: the session is over.
        self.credit.close()
        self._mailbox.post(self._close)

    def _settle(self, error: ServiceError | None) -> None:
        if not self._created.done():
            if error is None:
                self._created.set_result(None)
            else:
                self._created.set_exception(error)

    def _end(self, error: ServiceError | None) -> None:
        self._settle(error)
        self._inbox.end(error)

    def _close(self) -> None:
        self._settle(ServiceError(Fault.CANCELLED, "the session was closed before it began"))
        self._inbox.end(None)
        self._closed.set()
        self._gone(self)
