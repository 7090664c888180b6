"""One call's way through the house: let in once, accounted once, let out once, whatever happens in between."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

import attrs

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Quota
from athena.link.token import Token
from athena.models import Reply, Request
from athena.service import Service

from .account import Account, without_units
from .checks import acquire
from .onlooker import Onlooker
from .switchboard import Switchboard

__all__ = ["Passage"]

log = logging.getLogger("athena.quota")

Check = Callable[[Request], None] | None
"""What looks at a session's write before it is taken."""


class Passage:
    """Made when a call arrives; ``leave`` belongs in a ``finally``."""

    __slots__ = (
        "_account", "_admitted", "_began", "_board", "_entered", "_executed", "_fault", "_look", "_quotas",
        "_request", "_transport",
    )  # fmt: skip

    def __init__(self, board: Switchboard, transport: str, request: Request) -> None:
        self._board = board
        self._transport = transport
        self._request = request
        self._began = time.monotonic()
        self._admitted: float | None = None
        self._entered = False
        self._quotas: list[Quota] = []
        self._account: Account | None = None
        self._look: Onlooker | None = None
        self._fault: Fault | None = Fault.INTERNAL
        self._executed = Executed.NO

    def enter(self, *, counted: bool = True) -> tuple[Service, Request]:
        """The service, and the request as executors want it: id, deadline and cancellation set.

        Args:
            counted: Whether it takes a place of ``max_in_flight``; a session that idles takes none.

        Raises:
            ServiceError: UNAVAILABLE, NOT_FOUND, FORBIDDEN or OVERLOADED.
        """
        board, request = self._board, self._request
        service = board.enter(request)
        if counted:
            board.in_flight.began()
            self._entered = True
        # A session's id opens it to whoever knows it, so it is always minted here; a single call may be known by the id
        # its transport has already told the client.
        sid = request.sid if counted and request.sid else board.mint()
        headers = request.headers
        if board.observed:
            self._look = Onlooker(board, attrs.evolve(request, sid=sid), self._transport, self._began)
            headers = self._look.headers
        full = Request(
            request.service, sid, request.parts, request.params, headers, request.expect,
            board.deadline(request.deadline, service, self._began), request.principal, Token(),
        )  # fmt: skip
        if board.meters:
            self._account = Account(board.meters, full, self._transport)
        return service, full

    def acquire(self) -> Coroutine[Any, Any, None]:  # Any: what coroutines yield
        """Take, awaited, from every quota, or from none.

        Raises:
            ServiceError: QUOTA.
        """
        return acquire(self._board.quotas, self._request, self._quotas)

    def admitted(self) -> None:
        """The service has let it in: its turn has come, and the meters' moment."""
        self._admitted = time.monotonic()
        if self._account is not None:
            self._account.began()

    def passed(self, reply: Reply) -> Reply:
        """A reply on its way out, without what is for the meters only."""
        self._executed = Executed.YES
        if self._look is not None:
            self._look.passed(reply)
        if not reply.attributes:
            return reply
        return without_units(reply) if self._account is None else self._account.cleaned(reply)

    def counting(self, check: Check) -> Check:
        """The check of a session's writes, with what those who look on need of them."""
        return check if self._look is None else self._look.counting(check)

    def ended(self) -> None:
        """It ended well."""
        self._fault = None

    def failed(self, error: BaseException) -> BaseException:
        """Note how it failed; returns what the caller is to see."""
        if isinstance(error, ServiceError):
            self._fault, self._executed = error.fault, error.executed
        elif isinstance(error, Exception):
            error = self._board.fault_of(error)
        elif isinstance(error, asyncio.CancelledError | GeneratorExit):
            self._fault, self._executed = Fault.CANCELLED, Executed.UNKNOWN
        if self._look is not None and isinstance(error, ServiceError):
            self._look.error_id = error.error_id
        return error

    def leave(self) -> None:
        """Give everything back and count it."""
        board, request = self._board, self._request
        if self._entered:
            board.in_flight.ended()
        for quota in self._quotas:
            try:
                quota.release(request.principal, request.service)
            except Exception:
                # The others still have to get theirs back, and the call to be counted.
                log.exception("a quota failed to take back what it gave")
        if self._account is not None:
            self._account.ended(self._fault, self._executed)
        # A name nobody serves comes from outside: as a label it would let strangers grow the table without bound.
        service = request.service
        if service not in board.services and service not in board.retired:
            service = "*"
        seconds = time.monotonic() - self._began
        queued = None if self._admitted is None else self._admitted - self._began
        board.metrics.ended(service, self._transport, self._fault, seconds, queued)
        if board.observed or self._look is not None:
            # One that was refused at the door has been looked at by nobody yet.
            look = self._look or Onlooker(board, request, self._transport, self._began)
            look.ended(self._fault, self._executed, self._admitted)
