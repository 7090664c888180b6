"""Sessions from the client's side: attached to a WebSocket, or found by their sid with one HTTP call per operation."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from aiohttp import WSMsgType
from yarl import URL

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Session
from athena.models import Reply, Request, Stage
from athena_proto.ase import Answer, decode_answer, encode_request

from .answers import JSON
from .exchange import Exchange, failure_of, spoken
from .faults import SHAPES

__all__ = ["Attached", "Detached", "open_attached", "open_detached", "reply_of"]

WAITING = 64
"""Replies that may wait for the reader; then the socket is left alone, and the server feels it."""
PATIENCE = 30.0
"""Seconds one request waits for a reply when the reader waits for ever."""
MARGIN = 5.0
_FAREWELL = aiohttp.ClientWSTimeout(ws_close=1.0)

_CLOSES = {shape.close: fault for fault, shape in SHAPES.items() if shape.close != 1000} | {1007: Fault.BAD_REQUEST}


class Attached(Session):
    """A session whose scope is a WebSocket."""

    def __init__(self, wire: aiohttp.ClientWebSocketResponse[Any], limit: int, siblings: set[Attached]) -> None:
        self.sid = ""
        self._wire = wire  # Any: whether text is decoded is a type parameter of aiohttp's
        self._limit = limit
        self._siblings = siblings
        self._waiting: asyncio.Queue[Reply | ServiceError] = asyncio.Queue(WAITING)
        self._pump: asyncio.Task[None] | None = None
        self._over = False
        siblings.add(self)

    async def begin(self, request: Request) -> None:
        """Say what the session is about, and hear its id."""
        await self._send(encode_request(request))
        answer = await self._answer()
        if answer.error is not None:
            raise answer.error
        self.sid = answer.sid
        self._pump = asyncio.ensure_future(self._receive())

    async def write(self, request: Request) -> None:
        """Send; waiting here is the back-pressure. A refusal is the session's end and comes out of ``read``."""
        if self._over or self._pump is None or self._pump.done():
            raise _ended()
        await self._send(encode_request(request))

    async def read(self, wait: float | None = None) -> Reply:
        """The next reply."""
        if self._over:
            raise _ended()
        try:
            item = self._waiting.get_nowait()
        except asyncio.QueueEmpty:
            try:
                item = await asyncio.wait_for(self._waiting.get(), wait)
            except asyncio.TimeoutError:
                return Reply((), Stage.CONTINUE)
        if isinstance(item, ServiceError):
            self._over = True
            raise item
        self._over = item.stage is Stage.END
        return item

    async def close(self, reason: Fault | None = None) -> None:
        """Hang up."""
        self._over = True
        self._siblings.discard(self)
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.cancel()
            await asyncio.wait({pump})
            self._waiting.put_nowait(_ended()) if not self._waiting.full() else None
        with contextlib.suppress(aiohttp.ClientError, OSError, RuntimeError):
            await self._wire.close()

    async def _send(self, body: bytes) -> None:
        try:
            await self._wire.send_frame(body, WSMsgType.TEXT)
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            raise _ended() from error

    async def _receive(self) -> None:
        while True:
            try:
                answer = await self._answer()
            except ServiceError as error:
                await self._waiting.put(error)
                return
            if answer.error is not None:
                await self._waiting.put(answer.error)
                return
            reply = answer.reply
            if reply is None or (reply.attributes.get("event") == "draining" and not reply.parts):
                continue
            await self._waiting.put(reply)
            if reply.stage is Stage.END:
                return

    async def _answer(self) -> Answer:
        """The next frame; a socket that closes without an error frame is an error all the same."""
        message = await self._wire.receive()
        if message.type is WSMsgType.TEXT:
            return decode_answer(message.data, self._limit)
        code = self._wire.close_code
        fault = _CLOSES.get(code or 0, Fault.WORKER_LOST)
        raise ServiceError(fault, f"the session's connection is closed ({code})", executed=Executed.UNKNOWN)


class Detached(Session):
    """A session that lives in the server; each operation is a call of its own.

    Args:
        there: The channel's connections.
        key: Its sid or alias.
        headers: Sent with every operation.
    """

    def __init__(self, there: Exchange, key: str, headers: Mapping[str, str]) -> None:
        self.sid = key
        self._there = there
        self._path = f"/v1/sessions/{quote(key, safe='')}"
        self._headers = {**headers, "Content-Type": JSON}

    async def write(self, request: Request) -> None:
        """One call that writes."""
        await self._call("POST", "", encode_request(request), request.remaining)

    async def read(self, wait: float | None = None) -> Reply:
        """One call that reads; without a bound, one after the other until there is something."""
        while True:
            seconds = PATIENCE if wait is None else min(wait, PATIENCE)
            reply = await self._call("GET", f"?wait={seconds:.3f}", b"", seconds + MARGIN)
            if wait is not None:
                wait -= seconds
            if reply.parts or reply.stage is Stage.END or (wait is not None and wait <= 0):
                return reply

    async def close(self, reason: Fault | None = None) -> None:
        """One call that ends it; a session that has gone already is closed."""
        with contextlib.suppress(ServiceError):
            await self._call("DELETE", "", b"", MARGIN)

    async def _call(self, method: str, query: str, body: bytes, within: float | None) -> Reply:
        content = await self._there.fetch(method, self._path + query, body, self._headers, within)
        return reply_of(content, self._there.limit)


async def open_detached(there: Exchange, request: Request, alias: str | None) -> Detached:
    """Begin a session that lives in the server."""
    query = urlencode({"service": request.service, **({"alias": alias} if alias else {})})
    headers = spoken(request.headers)
    body = await there.fetch(
        "POST", f"/v1/sessions?{query}", encode_request(request), {**headers, "Content-Type": JSON}, request.remaining
    )
    answer = decode_answer(body, there.limit)
    if answer.error is not None:
        raise answer.error
    return Detached(there, answer.sid, headers)


async def open_attached(there: Exchange, request: Request, siblings: set[Attached]) -> Attached:
    """Begin a session on a WebSocket of its own."""
    headers = there.timed(spoken(request.headers), request.remaining)
    url = f"{there.base}/v1/private/{quote(request.service, safe='')}"
    try:
        wire = await there.client.ws_connect(
            URL(url, encoded=True), headers=headers, max_msg_size=2 * there.limit, timeout=_FAREWELL, decode_text=False
        )
    except (aiohttp.ClientError, OSError, RuntimeError, ValueError) as error:
        raise there.told(failure_of(error)) from error
    session = Attached(wire, there.limit, siblings)
    try:
        await session.begin(request)
    except BaseException:
        await session.close()
        raise
    return session


def reply_of(body: bytes, limit: int) -> Reply:
    """The reply in an answer's body.

    Raises:
        ServiceError: The body tells of an error, or is no ASE JSON.
    """
    answer = decode_answer(body, limit)
    if answer.error is not None:
        raise answer.error
    return answer.reply or Reply()


def _ended() -> ServiceError:
    return ServiceError(Fault.SESSION_CLOSED, "the session has ended")
