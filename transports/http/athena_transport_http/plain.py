"""Plain calls: a POST whose body has come whole, answered in the connection's own task.

aiohttp makes a request object, a stream writer and a task for every request, and looks after each of them: a third of
what a small call costs. A call whose answer is known at once needs none of that, nor a parser where its head has been
read before (see heads). The first request of a connection that is anything more (a body still on its way, an upgrade, a
stream of events, a page) is aiohttp's, and so is all that follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, cast

from aiohttp import StreamReader, web
from aiohttp.hdrs import ACCEPT, METH_POST
from multidict import CIMultiDictProxy

from .answers import Answer
from .connection import MAX_HEADER_BYTES, Connection
from .drained import drained
from .events import EVENTS
from .heads import Head, Heads, Post, ends_whole
from .routes import Action, Route, Routes
from .said import Said

__all__ = ["Calls", "PlainConnection"]

_NEEDED = (
    "_messages", "_waiter", "_parser", "_manager", "_request_handler", "_task_handler", "_force_close", "_close",
    "_buffer_paused", "_msg_queue_resume_size", "_resume_reading_if_drained", "_request_in_progress",
    "_handler_waiter", "_keepalive", "_keepalive_handle", "_keepalive_timeout", "_next_keepalive_close_time",
    "_process_keepalive",
)  # fmt: skip
"""What of aiohttp's own is touched here. Where one is missing, aiohttp answers everything itself."""


class Calls(Protocol):
    """Who answers plain calls."""

    def said(self, headers: CIMultiDictProxy[str], route: Route) -> Said | None:
        """What a call's head says; None where it has to be looked at in the general way."""

    async def answer(self, post: Post, said: Said) -> Answer:
        """Answer one; nothing but an answer or a cancellation comes out."""


class PlainConnection(Connection):
    """A connection that answers plain calls itself."""

    __slots__ = ("_calls", "_fresh", "_heads", "_post", "_routes", "_whole")

    def __init__(
        self,
        manager: web.Server,
        admit: Callable[[Connection], bool],
        routes: Routes,
        calls: Calls,
        **options: Any,
    ) -> None:  # Any: aiohttp's own options, passed through
        super().__init__(manager, admit, **options)
        self._routes = routes
        self._calls = calls
        self._heads = Heads()
        self._post: Post | None = None
        # Whether all that came so far was whole requests, and the parser holds nothing.
        self._whole = _COMPATIBLE
        # The bytes of the only request that waits, where they were just that.
        self._fresh = b""

    def data_received(self, data: bytes) -> None:
        """A request with a head that is known goes to the task as it is; everything else to the parser."""
        if not self._whole:
            super().data_received(data)
            return
        waiter = self._waiter
        if waiter is not None and not waiter.done() and not self._close and not self._force_close:
            found = self._heads.find(data)
            if found is not None:
                self.seen = self._loop.time()
                self.unanswered = 0
                self._post = Post(*found, self)
                waiter.set_result(None)
                return
        messages = self._messages
        waiting = len(messages)
        super().data_received(data)
        self._fresh = b""
        if len(messages) == waiting + 1:
            payload = messages[-1][1]
            self._whole = payload.is_eof() and ends_whole(data, payload.total_bytes)
            if self._whole and not waiting:
                self._fresh = data
        else:
            self._whole = False

    async def start(self) -> None:
        """Answer plain calls, until something else is asked for; the rest is aiohttp's."""
        if not _COMPATIBLE or await self._plain_calls():
            self._whole, self._fresh = False, b""
            await super().start()

    async def _plain_calls(self) -> bool:
        """Answer them one after the other.

        Returns:
            True when a request came that is more than a plain call; it is still in the queue.
        """
        messages = self._messages
        while not self._force_close:
            if not messages and self._post is None:
                self._waiter = self._loop.create_future()
                try:
                    await self._waiter
                finally:
                    self._waiter = None
            post, self._post = self._post, None
            if post is None:
                if not self._is_plain(*messages[0]):
                    return True
                post = self._next(*messages.popleft())
            alive = await self._answered(post)
            del post  # a connection that idles holds nobody's body
            if not alive:
                break
            self._next_keepalive_close_time = at = self._loop.time() + self._keepalive_timeout
            if self._keepalive_handle is None:
                self._keepalive_handle = self._loop.call_at(at, self._process_keepalive)
        if not self._force_close:
            self._task_handler = None
            if self.transport is not None:
                self.transport.close()
        return False

    def _is_plain(self, message: Any, payload: StreamReader) -> bool:  # Any: aiohttp's raw message, or its error
        if not payload.is_eof() or payload.exception() is not None:
            return False
        method = getattr(message, "method", "")
        if method != METH_POST or message.upgrade or EVENTS in message.headers.get(ACCEPT, ""):
            return False
        route = self._routes.find(method, message.path)
        return route.action is Action.CALL or (route.action is Action.OIP and route.asked == "infer")

    def _next(self, message: Any, payload: StreamReader) -> Post:  # Any: as above
        """Take a plain call from the queue, and keep its head where it came by itself."""
        if self._parser is not None:
            self._parser.message_consumed()
        if self._buffer_paused and len(self._messages) <= self._msg_queue_resume_size:
            self._resume_reading_if_drained()
        said = None
        if self.received <= MAX_HEADER_BYTES:  # else, if that was not the body, the general way says so
            said = self._calls.said(message.headers, self._routes.find(METH_POST, message.path))
        head = Head(message, said)
        fresh, self._fresh = self._fresh, b""
        if said is not None:
            self.began()
            if fresh and head.keep_alive:
                self._heads.learn(fresh, head)
        return Post(head, payload.read_nowait(), self)

    async def _answered(self, post: Post) -> bool:
        """Answer one; says whether the connection lives on."""
        manager, handler = self._manager, self._request_handler
        if manager is None or handler is None:
            return False
        manager.requests_count += 1
        self._request_in_progress = self.busy = True
        said = post.head.said
        try:
            if said is not None:
                answer = await self._calls.answer(post, said)
            else:
                answer = cast(Answer, await handler(cast(Any, post)))  # Any: Post is no BaseRequest, see there
            if not answer.write(post):
                await drained(self)
        except asyncio.CancelledError:
            self.force_close()
            raise
        except ConnectionError:
            return False
        finally:
            self._request_in_progress = self.busy = False
            if self._handler_waiter is not None and not self._handler_waiter.done():
                self._handler_waiter.set_result(None)
        self._keepalive = answer.keep_alive
        return self._keepalive and not self._close and not self._force_close


_COMPATIBLE = all(hasattr(web.RequestHandler, name) for name in _NEEDED)
