"""Plain calls: a POST whose body has come whole, answered in the connection's own task.

aiohttp makes a request object, a stream writer and a task for every request, and looks after each of them: a third of
what a small call costs. A call whose answer is known at once needs none of that. The first request of a connection that
is anything more (a body still on its way, an upgrade, a stream of events, a page) is aiohttp's, and so is all that
follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from aiohttp import HttpVersion, StreamReader, web
from aiohttp.hdrs import ACCEPT, METH_POST
from multidict import CIMultiDictProxy

from .answers import Answer
from .connection import Connection
from .events import EVENTS
from .routes import Action, Routes

__all__ = ["PlainConnection", "Post"]

_NEEDED = (
    "_messages", "_waiter", "_parser", "_manager", "_request_handler", "_task_handler", "_force_close", "_close",
    "_buffer_paused", "_msg_queue_resume_size", "_resume_reading_if_drained", "_request_in_progress",
    "_handler_waiter", "_keepalive", "_keepalive_handle", "_keepalive_timeout", "_next_keepalive_close_time",
    "_process_keepalive",
)  # fmt: skip
"""What of aiohttp's own is touched here. Where one is missing, aiohttp answers everything itself."""


class Post:
    """As much of ``web.BaseRequest`` as the rooms of a plain call look at."""

    __slots__ = ("content", "headers", "keep_alive", "protocol", "raw_path", "version")
    method = METH_POST

    def __init__(self, message: Any, content: StreamReader, protocol: Connection) -> None:  # Any: aiohttp's raw message
        self.headers: CIMultiDictProxy[str] = message.headers
        self.keep_alive: bool = not message.should_close
        self.raw_path: str = message.path
        self.version: HttpVersion = message.version
        self.content = content
        self.protocol = protocol

    @property
    def transport(self) -> asyncio.Transport | None:
        """The connection's; None once the client has gone."""
        return self.protocol.transport


class PlainConnection(Connection):
    """A connection that answers plain calls itself."""

    __slots__ = ("_routes",)

    def __init__(
        self, manager: web.Server, admit: Callable[[Connection], bool], routes: Routes, **options: Any
    ) -> None:  # Any: aiohttp's own options, passed through
        super().__init__(manager, admit, **options)
        self._routes = routes

    async def start(self) -> None:
        """Answer plain calls, until something else is asked for; the rest is aiohttp's."""
        if not _COMPATIBLE or await self._plain_calls():
            await super().start()

    async def _plain_calls(self) -> bool:
        """Answer them one after the other.

        Returns:
            True when a request came that is more than a plain call; it is still in the queue.
        """
        messages = self._messages
        while not self._force_close:
            if not messages:
                self._waiter = self._loop.create_future()
                try:
                    await self._waiter
                finally:
                    self._waiter = None
            if not self._is_plain(*messages[0]):
                return True
            message, payload = messages.popleft()
            if self._parser is not None:
                self._parser.message_consumed()
            if self._buffer_paused and len(messages) <= self._msg_queue_resume_size:
                self._resume_reading_if_drained()
            if not await self._answered(Post(message, payload, self)):
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

    async def _answered(self, request: Post) -> bool:
        """Answer one; says whether the connection lives on."""
        manager, handler = self._manager, self._request_handler
        if manager is None or handler is None:
            return False
        manager.requests_count += 1
        self._request_in_progress = True
        try:
            answer = cast(Answer, await handler(cast(Any, request)))  # Any: Post is no BaseRequest, see there
            await answer.prepare(cast(Any, request))
            await answer.write_eof()
        except asyncio.CancelledError:
            self.force_close()
            raise
        except ConnectionError:
            return False
        finally:
            self._request_in_progress = False
            if self._handler_waiter is not None and not self._handler_waiter.done():
                self._handler_waiter.set_result(None)
        self._keepalive = answer.keep_alive
        return self._keepalive and not self._close and not self._force_close


_COMPATIBLE = all(hasattr(web.RequestHandler, name) for name in _NEEDED)
