"""Reads a request's body: never more than the limit, and never at a trickle."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import sys

from aiohttp import StreamReader, web
from aiohttp.hdrs import CONTENT_ENCODING, EXPECT

from athena.errors import Fault, ServiceError
from athena.models import Principal

from .connection import Connection
from .front import Front, Refused

__all__ = ["read_body", "sound"]

RATE = 1024
"""Bytes a second that a body must come with."""
_PIECES = 512
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


async def read_body(front: Front, request: web.BaseRequest, principal: Principal) -> bytes:
    """The whole body.

    Args:
        front: Limits and timeouts.
        request: The request; its caller has been authenticated.
        principal: The caller; a guard that signs bodies has put the digest there.

    Raises:
        ServiceError: TOO_LARGE; BAD_REQUEST for broken chunks; UNAUTHENTICATED for a body that was not signed.
        Refused: 408 and 415.
    """
    if CONTENT_ENCODING in request.headers and request.headers[CONTENT_ENCODING].lower() != "identity":
        raise Refused(415, ServiceError(Fault.BAD_REQUEST, "Content-Encoding: send the body as it is"))
    content = request.content
    limit = 2 * front.limits.max_message
    if content.is_eof() and content.exception() is None:
        body: bytes = content.read_nowait()
    else:
        body = await _read_on(front, request, limit)
    return sound(front, body, principal)


def sound(front: Front, body: bytes, principal: Principal) -> bytes:
    """A body that has come whole.

    Raises:
        ServiceError: TOO_LARGE; UNAUTHENTICATED for one that was not signed.
    """
    limit = 2 * front.limits.max_message
    if len(body) > limit:
        raise _too_large(limit)
    if principal.body_sha256 is not None:
        digest = hashlib.sha256(body).hexdigest()
        if not hmac.compare_digest(digest, principal.body_sha256):
            raise ServiceError(Fault.UNAUTHENTICATED, "the body is not the one that was signed")
    return body


def _too_large(limit: int) -> ServiceError:
    return ServiceError(Fault.TOO_LARGE, f"the body is larger than {limit} bytes")


async def _read_on(front: Front, request: web.BaseRequest, limit: int) -> bytes:
    """The rest of a body that has not come with its headers."""
    length = request.content_length
    if length is not None and length > limit:
        raise _too_large(limit)
    if request.headers.get(EXPECT, "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(_GO_ON)
    content = request.content
    watch = _Watch(content, front.section.body_timeout)
    connection: Connection = request.protocol  # type: ignore[assignment]  # the server makes no other
    connection.broken = watch.broken
    pieces: list[bytes] = []
    size = 0
    try:
        while True:
            piece = await content.readany()
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
            size += len(piece)
            watch.size = size
            if size > limit:
                raise _too_large(limit)
            if len(pieces) > _PIECES:  # many tiny chunks: an object each would cost many times their bytes
                pieces = [b"".join(pieces)]
    except asyncio.CancelledError:
        if watch.verdict is None:
            raise
        raise watch.verdict from None
    except (web.PayloadAccessError, web.RequestPayloadError):
        raise ServiceError(Fault.BAD_REQUEST, "the body was cut short") from None
    finally:
        watch.stop()
        connection.broken = None


class _Watch:
    """One timer per slow body: looks every few seconds whether enough has come since, and wakes its reader if not.

    The stream itself is left as it is: an exception put into it would come out again where aiohttp reads the rest.
    """

    def __init__(self, content: StreamReader, timeout: float) -> None:
        self._content = content
        self._timeout = timeout
        self._before = 0
        self.size = 0
        self.verdict: Refused | ServiceError | None = None
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(timeout, self._look)

    def broken(self) -> None:
        """What comes is no body any more; aiohttp does not tell who waits for it."""
        if not self._content.is_eof():  # else it is the next request, come in one piece with this body's end
            self._give_up(ServiceError(Fault.BAD_REQUEST, "the body's chunks are broken"))

    def stop(self) -> None:
        """The body is here, or given up."""
        self._timer.cancel()
        if self.verdict is not None and self._task is not None and sys.version_info >= (3, 11):
            self._task.uncancel()

    def _look(self) -> None:
        if self.size - self._before >= RATE * self._timeout:
            self._before = self.size
            self._timer = self._loop.call_later(self._timeout, self._look)
        else:
            self._give_up(Refused(408, ServiceError(Fault.DEADLINE, "the body came too slowly")))

    def _give_up(self, verdict: Refused | ServiceError) -> None:
        if self.verdict is None and self._task is not None:
            self.verdict = verdict
            self._task.cancel()
