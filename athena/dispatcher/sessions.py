"""The kernel's only table of sessions, and a session as every wire sees it: phases, order, one terminal event."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Session
from athena.link.token import Token
from athena.models import Principal, Reply, Request, Stage
from athena.session import Move, Phase, Sequence, Streams, step

from .passage import Passage
from .switchboard import Switchboard

__all__ = ["OpenSession", "Sessions"]

log = logging.getLogger("athena.sessions")

SWEEP = 0.5
"""Seconds between looks at idle and overdue sessions; guards are asked every fourth time."""

_SENTENCES = {
    Fault.DEADLINE: "the session's time is over",
    Fault.UNAVAILABLE: "the server is shutting down",
    Fault.UNAUTHENTICATED: "the credentials of this session are no longer valid",
}


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
            inner = await service.open(lasting, until, passage.admitted)
            session = OpenSession(board, passage, lasting, inner, self._gone, service.left, service.check_write)
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
        valid: dict[Principal, bool] = {}
        ending: list[Awaitable[None]] = []
        for session in list(self._open.values()):
            if (session.detached and now - session.used > limits.idle_timeout and not session.busy) or (
                session.detached and now - session.opened > limits.max_lifetime
            ):
                ending.append(session.close(Fault.DEADLINE))
            elif ask_guards and self._board.guards:
                principal = session.principal
                if principal not in valid:
                    valid[principal] = await self._valid(principal)
                if not valid[principal]:
                    ending.append(session.close(Fault.UNAUTHENTICATED))
        # Together: a destroy that hangs must not keep the others open.
        await asyncio.gather(*ending)

    async def _valid(self, principal: Principal) -> bool:
        if principal.expires is not None and time.time() >= principal.expires:
            return False
        try:
            return all([await guard.valid(principal) for guard in self._board.guards])
        except Exception:
            # A guard that cannot answer now has vouched before; the other sessions are to be looked at all the same.
            log.exception("a guard could not say whether %s is still valid", principal.id)
            return True


class OpenSession(Session):
    """One session between its transport and its executor.

    Attributes:
        service: The service's name.
        detached: Whether later calls may find it.
        used: When it was last written or read.
        busy: Whether somebody reads it right now.
    """

    def __init__(
        self,
        board: Switchboard,
        passage: Passage,
        request: Request,
        inner: Session,
        gone: Callable[[OpenSession], None],
        left: Callable[[], None],
        check_write: Callable[[Request], None],
    ) -> None:
        self.sid = request.sid
        self.service = request.service
        self.detached = False
        self.alias: tuple[str, str, str] | None = None
        self.busy = False
        self.opened = self.used = time.monotonic()
        self._board = board
        self._passage = passage
        self._request = request
        self._inner = inner
        self._gone = gone
        self._left = left
        self._check_write = check_write
        self._phase = step(Phase.NEW, Move.CREATE)
        self._streams = Streams()
        self._sequence = Sequence()
        self._writing = asyncio.Lock()
        self._untold: ServiceError | None = None
        self._closing: asyncio.Future[None] | None = None
        self._slot = None if request.deadline is None else board.clock.hold(request.deadline, self)

    @property
    def principal(self) -> Principal:
        """Whose it is."""
        return self._request.principal

    def belongs_to(self, principal: Principal) -> bool:
        """Whether that is its owner."""
        return (principal.guard, principal.id) == (self.principal.guard, self.principal.id)

    async def write(self, request: Request) -> None:
        self.used = time.monotonic()
        step(self._phase, Move.WRITE)
        size = sum(len(part.data) for part in request.parts)
        if size > self._board.limits.max_message:
            limit = self._board.limits.max_message
            raise ServiceError(Fault.TOO_LARGE, f"the write has {size} bytes; at most {limit} are taken")
        mine = self._request
        full = Request(
            mine.service, self.sid, request.parts, request.params, request.headers, request.expect,
            mine.deadline, mine.principal, mine.cancellation,
        )  # fmt: skip
        self._check_write(full)
        async with self._writing:
            step(self._phase, Move.WRITE)
            if not self._sequence.take(request.parts):
                return  # a duplicate: acknowledged, not run
            try:
                await self._inner.write(full)
            except BaseException:
                # Whoever gave up waiting may send it again, and that would not be a duplicate.
                self._sequence.untake(request.parts)
                raise
            if self._streams.take(request.parts) and self._phase is Phase.OPEN:
                self._phase = step(self._phase, Move.WRITE_END)

    async def read(self, wait: float | None = None) -> Reply:
        self.used = time.monotonic()
        if self._untold is not None:
            untold, self._untold = self._untold, None
            raise untold
        step(self._phase, Move.READ)
        if self.busy:
            raise ServiceError(Fault.OUT_OF_ORDER, "somebody else reads this session; one reader at a time")
        self.busy = True
        try:
            reply = self._passage.passed(await self._inner.read(wait))
        except ServiceError as error:
            # The terminal fault: told here, once.
            self._untold = None
            self._passage.failed(error)
            await self._end(error.fault)
            raise
        finally:
            self.busy = False
            self.used = time.monotonic()
        if reply.stage is Stage.END:
            self._phase = step(self._phase, Move.READ_END)
            self._passage.ended()
            if self.detached:
                await self._end(None)
        return reply

    async def close(self, reason: Fault | None = None) -> None:
        if self._closing is None and self._phase is not Phase.DONE and reason is not None:
            # Whoever reads next, or reads now, is told; nobody is told twice.
            self._untold = ServiceError(reason, _SENTENCES.get(reason, "the session was closed"), executed=Executed.YES)
            self._passage.failed(self._untold)
        elif self._closing is None:
            self._passage.ended()
        await self._end(reason)

    def expire(self) -> None:
        """The client's deadline for the whole session has passed; on the loop."""
        self._slot = None
        task = asyncio.get_running_loop().create_task(self.close(Fault.DEADLINE), name="athena-session-deadline")
        self._board.keep(task)

    async def _end(self, reason: Fault | None) -> None:
        """Free everything, once; whoever comes second waits for the first."""
        if self._closing is not None:
            await asyncio.shield(self._closing)
            return
        self._closing = asyncio.get_running_loop().create_future()
        self._phase = Phase.CLOSED
        if self._slot is not None and self._request.deadline is not None:
            self._board.clock.drop(self._slot, self)
        token = self._request.cancellation
        if isinstance(token, Token):
            token.cancel()
        try:
            await asyncio.shield(self._board.keep(asyncio.ensure_future(self._inner.close(reason))))
        finally:
            self._gone(self)
            self._left()
            self._passage.leave()
            self._closing.set_result(None)
