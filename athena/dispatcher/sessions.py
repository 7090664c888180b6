"""The kernel's only table of sessions: they are opened, found and ended here."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from functools import partial

from athena.errors import Executed, Fault, ServiceError
from athena.models import Principal, Request

from .opened import OpenSession
from .passage import Passage
from .switchboard import Switchboard
from .validity import Validity

__all__ = ["Sessions"]

log = logging.getLogger("athena.sessions")

SWEEP = 0.5
"""Seconds between looks at idle and overdue sessions; guards are asked every fourth time."""


class Sessions:
    """Opens sessions, finds detached ones, and ends those that nobody uses any more."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._open: dict[str, OpenSession] = {}
        self._aliases: dict[tuple[str, str, str], str] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self._sweeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to sweep."""
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep(), name="athena-sessions")

    async def stop(self) -> None:
        """End every session with UNAVAILABLE."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        await asyncio.gather(*(session.close(Fault.UNAVAILABLE) for session in list(self._open.values())))

    async def idle(self) -> None:
        """Returns when no session is open."""
        await self._empty.wait()

    @property
    def count(self) -> int:
        """Sessions open now."""
        return len(self._open)

    async def open(self, request: Request, transport: str, *, detached: bool, alias: str | None) -> OpenSession:
        """Begin a session; see :class:`athena.interfaces.Dispatcher`."""
        board = self._board
        name = (request.principal.guard, request.principal.id, alias or "")
        if alias and name in self._aliases:
            raise ServiceError(Fault.BAD_REQUEST, f"a session {alias!r} of {request.principal.id} is open already")
        passage = Passage(board, transport, request)
        handed_over = False
        try:
            service, full = passage.enter(counted=False)
            if alias:
                self._aliases[name] = full.sid
            if board.quotas:
                await passage.acquire()
            # The default deadline bounds a call; a session lives as long as its client asked, or until it idles.
            until = full.deadline if full.deadline is not None else time.monotonic()
            lasting = Request(
                full.service, full.sid, (), full.params, full.headers, full.expect,
                request.deadline, full.principal, full.cancellation,
            )  # fmt: skip
            inner, home = await service.open(lasting, until, passage.admitted)
            left, check = partial(service.left, home, lasting), passage.counting(home.check_of_writes())
            session = OpenSession(board, passage, lasting, inner, self._gone, left, check)
            session.detached = detached
            self._open[full.sid] = session
            self._empty.clear()
            session.alias = name if alias else None
            handed_over = True
            return session
        except BaseException as error:
            failure = passage.failed(error)
            if failure is error:
                raise
            raise failure from error
        finally:
            if not handed_over:
                self._aliases.pop(name, None)
                passage.leave()

    def find(self, key: str, principal: Principal) -> OpenSession:
        """A detached session by sid or alias.

        Raises:
            ServiceError: NOT_FOUND, also for a session of somebody else: who may not have it may not know of it;
                FORBIDDEN, when its owner may use that service no longer.
        """
        sid = self._aliases.get((principal.guard, principal.id, key), key)
        session = self._open.get(sid)
        if session is None or not session.detached or not session.belongs_to(principal):
            raise ServiceError(Fault.NOT_FOUND, "no such session; it may have ended, or idled for too long")
        # The same caller may have come with narrower credentials since.
        self._board.permit(session.service, principal)
        return session

    def _gone(self, session: OpenSession) -> None:
        self._open.pop(session.sid, None)
        if not self._open:
            self._empty.set()
        if session.alias is not None:
            self._aliases.pop(session.alias, None)

    async def _sweep(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(SWEEP)
            rounds += 1
            try:
                await self._end_overdue(ask_guards=rounds % 4 == 0)
            except Exception:
                log.exception("a sweep of the sessions failed; the next one follows")

    async def _end_overdue(self, *, ask_guards: bool) -> None:
        limits = self._board.limits
        now = time.monotonic()
        validity = Validity(self._board.guards)
        ending: list[Awaitable[None]] = []
        for session in list(self._open.values()):
            if (session.detached and now - session.used > limits.idle_timeout and not session.busy) or (
                session.detached and now - session.opened > limits.max_lifetime
            ):
                ending.append(session.close(Fault.DEADLINE))
            elif not session.detached and session.behind(now) >= limits.slow_reader:
                ending.append(session.close(Fault.OVERLOADED))
            elif ask_guards and self._board.guards and not await validity.of(session.principal):
                ending.append(session.close(Fault.UNAUTHENTICATED))
        await self._revoke(now, validity if ask_guards and self._board.guards else None)
        # Together: a destroy that hangs must not keep the others open.
        await asyncio.gather(*ending)

    async def _revoke(self, now: float, validity: Validity | None) -> None:
        """End open streams: of slow readers, and of those who are valid no longer."""
        patience = self._board.limits.slow_reader
        for service in list(self._board.services.values()):
            for stream in list(service.streams):
                if stream.behind(now) >= patience:
                    text = f"the client has taken nothing for {patience:g} s, while replies were waiting"
                    stream.revoke(ServiceError(Fault.OVERLOADED, text, executed=Executed.YES))
                elif validity is not None and not await validity.of(stream.principal):
                    text = "the credentials of this call are no longer valid"
                    stream.revoke(ServiceError(Fault.UNAUTHENTICATED, text, executed=Executed.UNKNOWN))
