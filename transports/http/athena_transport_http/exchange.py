"""One request and its answer, from the client's side; every way it can go wrong is a ServiceError."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import unquote

import aiohttp
from yarl import URL

from athena.errors import Executed, Fault, ServiceError
from athena.models import ChannelOptions
from athena_proto.ase import decode_answer

from .faults import fault_of_status
from .front import TIMEOUT_HEADER

__all__ = ["Exchange", "failure_of", "spoken"]

GRACE = 2.0
"""Seconds a server may be late with its own DEADLINE before the client stops waiting."""
_TOKEN = re.compile(r"[A-Za-z0-9-]+")
_OURS = re.compile(
    r"host|connection|keep-alive|upgrade|expect|te|trailer|accept.*|content-.*|transfer-.*|sec-.*|proxy-.*"
)


class Exchange:
    """The connections of one channel.

    Attributes:
        base: Where the server's paths begin.
        client: aiohttp's own.
        limit: Bytes that a reply may have.
        trouble: Why the last call did not get through, "" when it did.
    """

    def __init__(self, client: aiohttp.ClientSession, base: str, options: ChannelOptions) -> None:
        self.client = client
        self.trouble = ""
        self.base = base
        self._options = options
        self.limit = options.max_message
        self._under_way: set[aiohttp.ClientResponse] = set()
        self._calls = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def fetch(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], within: float | None
    ) -> bytes:
        """The body of a good answer.

        Raises:
            ServiceError: Whatever went wrong, at either end or between.
        """
        async with self.answer(method, path, body, headers, within) as response:
            return await _bounded(response, 2 * self._options.max_message)

    @asynccontextmanager
    async def answer(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], within: float | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A good answer, its body still to be read; leaving early hangs up."""
        options = self._options
        total = None if within is None else within + GRACE
        timeout = aiohttp.ClientTimeout(total=total, sock_connect=options.timeout)
        self._calls += 1
        self._idle.clear()
        try:
            async with self.client.request(
                method,
                URL(self.base + path, encoded=True),
                data=body or None,
                headers=self.timed(headers, within),
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                self._under_way.add(response)
                self.trouble = ""
                try:
                    if response.status >= 300:
                        raise await _refusal(response)
                    yield response
                finally:
                    self._under_way.discard(response)
                    if not response.content.at_eof():
                        response.close()
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError, RuntimeError, ValueError) as error:
            raise self.told(failure_of(error)) from error
        finally:
            self._calls -= 1
            if not self._calls:
                self._idle.set()

    def told(self, error: ServiceError) -> ServiceError:
        """Remember that the other side is not there."""
        if error.fault is Fault.UNAVAILABLE:
            self.trouble = error.message
        return error

    def timed(self, headers: Mapping[str, str], within: float | None) -> dict[str, str]:
        """The headers, with what is left of the caller's time."""
        if within is None:
            return dict(headers)
        return {**headers, TIMEOUT_HEADER: str(int(within * 1000))}

    async def idle(self) -> None:
        """Return when nothing is under way."""
        await self._idle.wait()

    async def close(self) -> None:
        """Hang up everywhere."""
        for response in tuple(self._under_way):
            response.close()
        await self.client.close()


async def _bounded(response: aiohttp.ClientResponse, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := await response.content.readany():
        size += len(piece)
        if size > limit:
            raise ServiceError(
                Fault.TOO_LARGE, f"the reply is larger than {limit} bytes on the wire", executed=Executed.YES
            )
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _refusal(response: aiohttp.ClientResponse) -> ServiceError:
    """The error an answer tells of: whole where its body is ASE JSON, else what status and headers say."""
    if response.content_type == "application/json":
        body = await _bounded(response, 1024 * 1024)
        try:
            error = decode_answer(body, 0).error
        except ServiceError:
            error = None
        if error is not None:
            return error
    return _by_headers(response.status, response.headers, f"the server answered {response.status} {response.reason}")


def _by_headers(status: int, headers: Mapping[str, str] | None, text: str) -> ServiceError:
    told = headers or {}
    fault = Fault.__members__.get(told.get("x-athena-fault", ""), fault_of_status(status))
    executed = told.get("x-athena-executed", "")
    code, after = told.get("x-athena-code", ""), told.get("Retry-After", "")
    return ServiceError(
        fault,
        unquote(told.get("x-athena-message", "")) or text,
        executed=Executed(executed) if executed in _EXECUTED else Executed.UNKNOWN,
        code=int(code) if code.removeprefix("-").isdecimal() else None,
        retry_after=float(after) if after.isdecimal() else None,
        error_id=unquote(told.get("x-athena-error-id", "")),
    )


_EXECUTED = frozenset(each.value for each in Executed)


def failure_of(error: BaseException) -> ServiceError:
    """What a failure of the wire means: nobody was reached, or the answer will never be known."""
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return _by_headers(error.status, error.headers, f"no WebSocket: the server answered {error.status}")
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
        return ServiceError(Fault.UNAVAILABLE, f"nobody answers: {_unreached(error)}")
    if isinstance(error, asyncio.TimeoutError):
        return ServiceError(Fault.DEADLINE, "no answer came in time", executed=Executed.UNKNOWN)
    if isinstance(error, RuntimeError):  # aiohttp's word for a session that is closed
        return ServiceError(Fault.UNAVAILABLE, "the channel is closed")
    if isinstance(error, (aiohttp.InvalidURL, ValueError)):
        return ServiceError(Fault.BAD_REQUEST, f"this cannot be sent: {_said(error)}")
    return ServiceError(
        Fault.WORKER_LOST, f"the connection broke before the answer came: {_said(error)}", executed=Executed.UNKNOWN
    )


def _unreached(error: aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError) -> str:
    """aiohttp speaks of ssl where there is none; what counts is the address, and what the system said of it."""
    # Its own subclasses, of names and of certificates, say what is wrong in words that are needed.
    if type(error) is aiohttp.ClientConnectorError and error.os_error.errno:
        return f"{error.host}:{error.port}: {os.strerror(error.os_error.errno)}"
    return _said(error)


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__


def spoken(headers: Mapping[str, str]) -> dict[str, str]:
    """The caller's headers that HTTP can carry, for the server's guards; ASE JSON carries them all to the wrapper."""
    if not headers:
        return {}
    return {
        name: value
        for name, value in headers.items()
        if _TOKEN.fullmatch(name)
        and not _OURS.fullmatch(name.lower())
        and value.isascii()
        and (value.isprintable() or not value)
    }
