"""One client's connection: aiohttp's, with a clock on what it has not sent and not taken yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from athena.errors import Fault, ServiceError
from athena_proto.ase import encode_error

from .answers import Answer, error_headers

__all__ = ["MAX_HEADERS", "MAX_HEADER_BYTES", "Connection", "at_once"]

MAX_HEADERS = 100
MAX_HEADER_BYTES = 32 * 1024


class Connection(web.RequestHandler):
    """What the watch looks at, and what the handlers know of their client.

    Attributes:
        peer: ``host:port``.
        address: The host alone.
        certificate: The client's verified certificate in DER, or None.
        broken: Tells the reader of an incomplete body that what follows cannot be parsed; None without one.
        busy: Whether a request is being handled.
        held: Whether reading is paused.
        partial: The loop's time when the first byte came of a request whose headers are not complete; 0.0 for none.
        received: Bytes that came since the last request began.
        seen: The loop's time when something came last.
        ping: Sends a WebSocket ping; None on connections that are no WebSocket.
        pinged: The loop's time of the last ping.
        stuck: (bytes unsent, since when) while the client takes nothing.
        unanswered: Pings since something came last.
    """

    __slots__ = (
        "_admit",
        "address",
        "broken",
        "busy",
        "certificate",
        "held",
        "partial",
        "peer",
        "ping",
        "pinged",
        "received",
        "seen",
        "stuck",
        "unanswered",
    )

    def __init__(self, manager: web.Server, admit: Callable[[Connection], bool], **options: Any) -> None:
        super().__init__(manager, **options)  # Any: aiohttp's own options, passed through
        self._admit = admit
        self.peer = self.address = ""
        self.certificate: bytes | None = None
        self.broken: Callable[[], None] | None = None
        self.busy = self.held = False
        self.partial = self.seen = self.pinged = 0.0
        self.received = self.unanswered = 0
        self.ping: Callable[[], object] | None = None
        self.stuck: tuple[int, float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there; one too many is told so and let go."""
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            self.address = str(peer[0])
            self.peer = f"[{peer[0]}]:{peer[1]}" if ":" in self.address else f"{peer[0]}:{peer[1]}"
        secure = transport.get_extra_info("ssl_object")
        if secure is not None:
            self.certificate = secure.getpeercert(binary_form=True)
        self.partial = self.seen = self._loop.time()
        super().connection_made(transport)
        if not self._admit(self):
            self.part(503, ServiceError(Fault.OVERLOADED, "too many connections", retry_after=1.0))

    def data_received(self, data: bytes) -> None:
        """Note the time, then parse."""
        self.seen = self._loop.time()
        self.unanswered = 0
        if not self.busy:
            self.received += len(data)
            if not self.partial:
                self.partial = self.seen
        super().data_received(data)
        # While a body is incomplete nothing can stand behind it but the parser's error.
        if self.broken is not None and self._messages:
            self.broken()

    def pause_reading(self) -> None:
        """A body's buffer is full."""
        self.held = True
        super().pause_reading()

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Go on, if reading was paused at all: aiohttp asks after every body, and would parse nothing once more."""
        if self.held:
            self.held = False
            super().resume_reading(resume_parser)

    def began(self) -> int:
        """A request's headers are complete; says how many bytes have come with them."""
        self.busy = True
        self.partial = 0.0
        received, self.received = self.received, 0
        return received

    def part(self, status: int, error: ServiceError) -> None:
        """Say why, and close; only where no answer is under way."""
        if self.transport is not None:
            self.transport.write(at_once(status, error))
        self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What aiohttp answers when it cannot even parse the request, in our words."""
        if status == 400:
            large = type(exc).__name__ == "LineTooLong" or "Too many headers" in str(message or exc)
            fault = Fault.TOO_LARGE if large else Fault.BAD_REQUEST
            text = "headers too large or too many" if large else "not a well-formed HTTP/1.1 request"
            status = 431 if large else 400
        else:
            fault, text = Fault.INTERNAL, "an internal error"
            self.log_exception("error while answering a request", exc_info=exc)
        error = ServiceError(fault, text)
        answer = Answer(encode_error(error), status=status, headers=error_headers(error), close=True)
        return answer  # type: ignore[return-value]  # see answers.py: it has the two methods that are called


def at_once(status: int, error: ServiceError) -> bytes:
    """A whole answer as bytes, for connections on which no request is being handled."""
    body = encode_error(error)
    more = "".join(f"{name}: {value}\r\n" for name, value in error_headers(error).items())
    reason = {408: "Request Timeout", 503: "Service Unavailable", 431: "Request Header Fields Too Large"}[status]
    head = (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"{more}Connection: close\r\n\r\n"
    )
    return head.encode() + body
