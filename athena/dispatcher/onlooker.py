"""Who looks on at one call: tracers, and the access log. Made only where there is one of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import attrs

from athena.errors import Executed, Fault
from athena.interfaces import Span
from athena.models import Reply, Request

from .switchboard import Switchboard

__all__ = ["Onlooker"]

log = logging.getLogger("athena.dispatcher")
access = logging.getLogger("athena.access")


class Onlooker:
    """Follows one call or session to its end.

    Attributes:
        headers: The request's headers, as the tracers want them to go on.
        error_id: What ties it to the line of the log that has the traceback, or "".
    """

    __slots__ = ("_access", "_began", "_in", "_out", "_request", "_spans", "_transport", "error_id", "headers")

    def __init__(self, board: Switchboard, request: Request, transport: str, began: float) -> None:
        """Args:
        request: With the id it is known by.
        began: ``time.monotonic()`` of its arrival.
        """
        self._access = board.access
        self._began = began
        self._transport = transport
        self._request = request
        self._in = _size(request)
        self._out = 0
        self.error_id = ""
        self._spans: list[Span] = []
        for tracer in board.tracers:
            try:
                span = tracer.begin(request, transport, began)
                request = attrs.evolve(request, headers=span.headers)
            except Exception:
                # Whoever only looks on must not be in the way.
                log.exception("a tracer failed at the beginning of %s", request.sid)
            else:
                self._spans.append(span)
        self.headers = request.headers

    def passed(self, reply: Reply) -> None:
        """A reply has gone out."""
        for part in reply.parts:
            self._out += len(part.data)

    def counting(self, check: Callable[[Request], None] | None) -> Callable[[Request], None]:
        """The check of a session's writes, and every write counted."""

        def counted(request: Request) -> None:
            if check is not None:
                check(request)
            self._in += _size(request)

        return counted

    def ended(self, fault: Fault | None, executed: Executed, admitted: float | None) -> None:
        """It is over."""
        for span in self._spans:
            try:
                span.ended(fault, executed, admitted)
            except Exception:
                log.exception("a tracer failed at the end of %s", self._request.sid)
        if self._access:
            self._note("OK" if fault is None else fault.value, executed)

    def _note(self, outcome: str, executed: Executed) -> None:
        """One line; what comes from the caller stands in fields, which the formats quote."""
        request = self._request
        facts = {
            "transport": self._transport,
            "service": request.service,
            "sid": request.sid,
            "principal": request.principal.id,
            "fault": outcome,
            "executed": executed.value,
            "ms": round((time.monotonic() - self._began) * 1000, 3),
            "bytes_in": self._in,
            "bytes_out": self._out,
        }
        if self.error_id:
            facts["error"] = self.error_id
        access.info("call", extra=facts)


def _size(request: Request) -> int:
    return sum(len(part.data) for part in request.parts)
