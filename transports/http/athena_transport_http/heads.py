"""Request heads that a connection repeats: clients say the same again and again, and only the body's length differs.

A head that the parser has read once is kept, as the bytes it was, with what it says. Where bytes come that begin with
the very same, and end where the length in them says, they are a whole request, and nothing is parsed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import HttpVersion
from aiohttp.hdrs import CONTENT_LENGTH, METH_POST, TRANSFER_ENCODING
from multidict import CIMultiDictProxy

if TYPE_CHECKING:
    from .connection import Connection
    from .said import Said

__all__ = ["Head", "Heads", "Post", "ends_whole"]

_KEPT, _LEARNT = 4, 64
"""Heads that are kept, and how many are, one after the other, before it is clear that this client repeats none."""
_LONGEST = 4 * 1024
"""Bytes of a head that is kept."""
_DIGITS = 8
"""Of a length; what is longer never comes in one piece."""
_LENGTHS = (b"\r\nContent-Length: ", b"\r\ncontent-length: ")
_END = b"\r\n\r\n"


class Head:
    """What stands before the body of a plain call.

    Attributes:
        headers, version: As they came.
        raw_path: Path and query as they came.
        keep_alive: Whether the client wants to go on.
        said: What all that means; None where it has to be looked at in the general way.
    """

    __slots__ = ("headers", "keep_alive", "raw_path", "said", "version")

    def __init__(self, message: Any, said: Said | None) -> None:  # Any: aiohttp's raw message
        self.headers: CIMultiDictProxy[str] = message.headers
        self.keep_alive: bool = not message.should_close
        self.raw_path: str = message.path
        self.version: HttpVersion = message.version
        self.said = said


class _Whole:
    """As much of ``StreamReader`` as is asked of a body that is there."""

    __slots__ = ("_body",)

    def __init__(self, body: bytes) -> None:
        self._body = body

    def is_eof(self) -> bool:
        """It is whole."""
        return True

    def exception(self) -> None:
        """And well."""

    def read_nowait(self) -> bytes:
        """All of it."""
        return self._body


class Post:
    """As much of ``web.BaseRequest`` as the rooms of a plain call look at: a request whose body has come whole."""

    __slots__ = ("body", "head", "protocol")
    method = METH_POST

    def __init__(self, head: Head, body: bytes, protocol: Connection) -> None:
        self.head = head
        self.body = body
        self.protocol = protocol

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        """See Head."""
        return self.head.headers

    @property
    def keep_alive(self) -> bool:
        """See Head."""
        return self.head.keep_alive

    @property
    def raw_path(self) -> str:
        """See Head."""
        return self.head.raw_path

    @property
    def version(self) -> HttpVersion:
        """See Head."""
        return self.head.version

    @property
    def content(self) -> _Whole:
        """The body, for those who would read it."""
        return _Whole(self.body)

    @property
    def transport(self) -> asyncio.Transport | None:
        """The connection's; None once the client has gone."""
        return self.protocol.transport


class Heads:
    """Those of one connection: what one client says is no other's business."""

    __slots__ = ("_known", "_learnt")

    def __init__(self) -> None:
        self._known: list[tuple[bytes, bytes, Head]] = []
        self._learnt = 0

    def find(self, data: bytes) -> tuple[Head, bytes] | None:
        """The head and the body that some bytes are; None where they are not one request with a head that is known."""
        for before, after, head in self._known:
            if data.startswith(before):
                begins = len(before)
                ends = data.find(b"\r", begins, begins + _DIGITS + 1)
                length = data[begins:ends]
                if ends > 0 and length.isdigit() and data.startswith(after, ends):
                    begins = ends + len(after)
                    if begins + int(length) == len(data):
                        return head, data[begins:]
        return None

    def learn(self, data: bytes, head: Head) -> None:
        """Keep the head of one whole request."""
        headers = head.headers
        if self._learnt >= _LEARNT or len(headers.getall(CONTENT_LENGTH, ())) != 1 or TRANSFER_ENCODING in headers:
            return
        self._learnt += 1
        ends = data.find(_END) + len(_END)
        for name in _LENGTHS:
            at = data.find(name, 0, min(ends, _LONGEST))
            if at >= 0:
                at += len(name)
                after = data.find(b"\r", at)
                if data[at:after].isdigit() and ends + int(data[at:after]) == len(data):
                    del self._known[_KEPT - 1 :]
                    self._known.insert(0, (data[:at], data[after:ends], head))


def ends_whole(data: bytes, length: int) -> bool:
    """Whether some bytes are a head and ``length`` bytes of a body, and nothing else."""
    end = data.find(_END)
    return end >= 0 and end + len(_END) + length == len(data)
