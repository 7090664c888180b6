"""Answers with a body that is known at once: head and body leave in one write.

aiohttp's own Response builds a header dictionary, serialises it and writes twice; on the hot path that is a third of a
request's time. Answer keeps to the same two calls (``prepare``, ``write_eof``) that aiohttp's connection makes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Coroutine, Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

from aiohttp import HttpVersion11, web

from athena.errors import ServiceError
from athena.models import EMPTY, Buffer

from .drained import drained, nothing
from .heads import Post

__all__ = ["JSON", "Answer", "error_headers"]

JSON = "application/json"
_REASONS = {status.value: status.phrase for status in HTTPStatus} | {499: "Client Closed Request"}
_PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
_HOLD = 64 * 1024
"""Bodies up to this size are copied behind their head; larger ones are written by themselves."""


class _Clock:
    """The Date header, made once a second."""

    second: ClassVar[int] = 0
    line: ClassVar[bytes] = b""


class Answer:
    """One answer.

    Attributes:
        status: The HTTP status.
        keep_alive: Whether the connection lives on; settled when written.
    """

    __slots__ = ("_body", "_headers", "_request", "_size", "_tail", "_type", "keep_alive", "status")

    def __init__(
        self,
        body: Buffer,
        *,
        status: int = 200,
        content_type: str = JSON,
        headers: Mapping[str, str] = EMPTY,
        close: bool = False,
        tail: tuple[Buffer, ...] = (),
    ) -> None:
        """Args:
        tail: What follows the body and belongs to it.
        """
        self._body = body
        self._tail = tail
        self._size = len(body) + sum([len(data) for data in tail]) if tail else len(body)
        self._headers = headers
        self._type = content_type
        self._request: web.BaseRequest | None = None
        self.status = status
        self.keep_alive = not close

    def with_headers(self, headers: Mapping[str, str]) -> Answer:
        """The same with more headers."""
        self._headers = {**self._headers, **headers}
        return self

    def prepare(self, request: web.BaseRequest) -> Coroutine[Any, Any, None]:  # Any: what coroutines yield
        """Keep the request; nothing is written yet."""
        self._request = request
        return nothing()

    def write_eof(self) -> Coroutine[Any, Any, None]:  # Any: as above
        """Write everything.

        Raises:
            ConnectionResetError: The client has gone.
        """
        request = self._request
        if request is None:
            raise ConnectionResetError("the client has gone")
        return nothing() if self.write(request) else drained(request.protocol)

    def write(self, request: web.BaseRequest | Post) -> bool:
        """Hand everything to the connection; False where it is so much that the client is to be waited for.

        Raises:
            ConnectionResetError: The client has gone.
        """
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has gone")
        head = self._head(request)
        if request.method == "HEAD":
            transport.write(head)
        elif self._size <= _HOLD:
            transport.write(b"".join((head, self._body, *self._tail)))
        else:
            transport.write(head)
            for data in (self._body, *self._tail):
                transport.write(data)
            return False
        return True

    def _head(self, request: web.BaseRequest | Post) -> bytes:
        self.keep_alive = self.keep_alive and request.keep_alive
        usual = self.status == 200 and self.keep_alive and not self._headers and self._type is JSON
        if usual and request.version == HttpVersion11:
            return b"%s%d\r\n%s" % (_PLAIN, self._size, _date())
        if self.keep_alive:
            connection = "" if request.version >= (1, 1) else "Connection: keep-alive\r\n"
        else:
            connection = "Connection: close\r\n"
        more = "".join([f"{name}: {value}\r\n" for name, value in self._headers.items()]) if self._headers else ""
        return (
            f"HTTP/1.1 {self.status} {_REASONS.get(self.status, '')}\r\nContent-Type: {self._type}\r\n"
            f"Content-Length: {self._size}\r\n{more}{connection}"
        ).encode() + _date()


def _date() -> bytes:
    """The last lines of every head."""
    second = int(time.time())
    if second != _Clock.second:
        _Clock.second = second
        _Clock.line = f"Date: {formatdate(second, usegmt=True)}\r\nServer: athena\r\n\r\n".encode()
    return _Clock.line


def error_headers(error: ServiceError, *, spoken: bool = False) -> dict[str, str]:
    """What an error says in headers, so that a gateway need not read its body.

    Args:
        error: The error.
        spoken: Whether the sentence stands there too: a WebSocket client that is refused sees no body.
    """
    headers = {"x-athena-fault": error.fault.name, "x-athena-executed": error.executed.value}
    if error.code is not None:
        headers["x-athena-code"] = str(error.code)
    if error.error_id:
        headers["x-athena-error-id"] = quote(error.error_id)
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(0, math.ceil(error.retry_after)))
    if spoken:
        headers["x-athena-message"] = quote(error.message[:1024], safe=" ,;:'()/")
    return headers
