"""The client end of HTTP: for ``http``, ``https``, ``ws`` and ``wss`` URLs."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from urllib.parse import quote, urlsplit

import aiohttp
import orjson

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Channel, Session
from athena.models import ChannelOptions, Description, Health, Reply, Request
from athena_proto.ase import decode_answer, encode_request

from .answers import JSON
from .descriptions import description_of
from .events import EVENTS
from .exchange import Exchange, spoken
from .feed import items
from .handles import Attached, Detached, open_attached, open_detached, reply_of
from .resources import HttpResources

__all__ = ["HttpChannel"]

_SECURE = {"http": "http", "ws": "http", "https": "https", "wss": "https"}


class HttpChannel(Channel):
    """Calls the services of one server.

    Args:
        url: ``http://host:port``, with a path where the server stands behind one.
        options: Headers are sent with every call.
    """

    def __init__(self, url: str, options: ChannelOptions) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _SECURE or not parts.netloc:
            raise ValueError(f"{url}: expected http://host:port, https://…, ws://… or wss://…")
        self._base = f"{_SECURE[parts.scheme]}://{parts.netloc}{parts.path.rstrip('/')}"
        self._options = options
        self._exchange: Exchange | None = None
        self._attached: set[Attached] = set()
        self.resources = HttpResources(lambda: self._there)

    async def start(self) -> None:
        """Get ready; connections are made when they are needed."""
        verify = self._options.verify
        trust: ssl.SSLContext | bool = True
        if verify is False:
            trust = False
        elif isinstance(verify, str):
            trust = ssl.create_default_context(cafile=verify)
        client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=trust),
            headers=dict(self._options.headers),
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=1024 * 1024,
            max_field_size=64 * 1024,
        )
        self._exchange = Exchange(client, self._base, self._options)

    async def describe(self, service: str) -> Description:
        """What a service takes and gives."""
        body = await self._there.fetch("GET", f"/v1/services/{quote(service, safe='')}", b"", {}, None)
        try:
            shown = orjson.loads(body)["description"]
        except (ValueError, KeyError, TypeError) as error:
            raise ServiceError(
                Fault.INTERNAL, "the server answered with something else", executed=Executed.NO
            ) from error
        return description_of(shown)

    async def once(self, request: Request) -> Reply:
        """One request, one reply."""
        path = f"/v1/private/{quote(request.service, safe='')}"
        headers = {**spoken(request.headers), "Content-Type": JSON, "Accept": JSON}
        body = await self._there.fetch("POST", path, encode_request(request), headers, request.remaining)
        return reply_of(body, self._options.max_message)

    async def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        """One request, many replies."""
        path = f"/v1/private/{quote(request.service, safe='')}"
        headers = {**spoken(request.headers), "Content-Type": JSON, "Accept": EVENTS}
        limit = self._options.max_message
        async with self._there.answer("POST", path, encode_request(request), headers, request.remaining) as response:
            async for kind, data in items(response, 2 * limit):
                answer = decode_answer(data, limit)
                if answer.error is not None:
                    raise answer.error
                if answer.reply is not None and kind != "end":
                    yield answer.reply

    async def open(self, request: Request, *, detached: bool = False, alias: str | None = None) -> Session:
        """Begin a session, attached to a WebSocket or detached."""
        if request.parts:
            raise ServiceError(Fault.BAD_REQUEST, "a session is opened without parts; write them afterwards")
        if detached:
            return await open_detached(self._there, request, alias)
        return await open_attached(self._there, request, self._attached)

    async def session(self, key: str) -> Session:
        """A detached session, found again by sid or alias."""
        return Detached(self._there, key, {})

    def health(self) -> Health:
        """Ready, unless the last call did not get through."""
        if self._exchange is None:
            return Health(False, "the channel is not started")
        return Health(not self._exchange.trouble, self._exchange.trouble)

    async def drain(self) -> None:
        """Wait for what is under way."""
        if self._exchange is not None:
            await self._exchange.idle()

    async def stop(self) -> None:
        """Close every connection; calls under way fail."""
        for session in tuple(self._attached):
            await session.close()
        if self._exchange is not None:
            await self._exchange.close()

    @property
    def _there(self) -> Exchange:
        if self._exchange is None:
            raise ServiceError(Fault.UNAVAILABLE, "the channel is not started")
        return self._exchange
