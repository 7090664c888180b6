"""A session as every wire sees it: phases, the order of its writes, one terminal event, everything freed once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Session
from athena.link.token import Token
from athena.models import Part, Principal, Reply, Request, Stage
from athena.session import Move, Phase, Sequence, Streams, step

from .passage import Passage
from .switchboard import Switchboard

__all__ = ["OpenSession"]

_SENTENCES = {
    Fault.DEADLINE: "the session's time is over",
    Fault.UNAVAILABLE: "the server is shutting down",
    Fault.UNAUTHENTICATED: "the credentials of this session are no longer valid",
    Fault.OVERLOADED: "the client has taken nothing for too long, while replies were waiting",
}


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
        check_write: Callable[[Request], None] | None,
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
        self._crossed = False
        self._closing: asyncio.Future[None] | None = None
        self._slot = None if request.deadline is None else board.clock.hold(request.deadline, self)

    @property
    def principal(self) -> Principal:
        """Whose it is."""
        return self._request.principal

    def belongs_to(self, principal: Principal) -> bool:
        """Whether that is its owner."""
        return (principal.guard, principal.id) == (self.principal.guard, self.principal.id)

    def behind(self, now: float) -> float:
        """Seconds for which its reader has taken nothing, while all waited that may."""
        token = self._request.cancellation
        return token.lag(now) if isinstance(token, Token) else 0.0

    async def write(self, request: Request) -> None:
        self.used = time.monotonic()
        parts = request.parts
        if self._phase is not Phase.OPEN and self._repeated(parts):
            return
        size = len(parts[0].data) if len(parts) == 1 else sum(len(part.data) for part in parts)
        if size > self._board.limits.max_message:
            limit = self._board.limits.max_message
            raise ServiceError(Fault.TOO_LARGE, f"the write has {size} bytes; at most {limit} are taken")
        if self._check_write is not None:
            self._check_write(request)
        await self._writing.acquire()
        try:
            if self._phase is not Phase.OPEN and self._repeated(parts):
                return
            if not self._sequence.take(parts):
                return  # a duplicate: acknowledged, not run
            try:
                await self._inner.write(request)
            except BaseException as error:
                # Whoever gave up waiting may send it again, and that would not be a duplicate.
                self._sequence.untake(parts)
                self._crossed = isinstance(error, ServiceError) and error.fault is Fault.SESSION_CLOSED
                raise
            if self._streams.take(parts) and self._phase is Phase.OPEN:
                self._phase = step(self._phase, Move.WRITE_END)
        finally:
            self._writing.release()

    def _repeated(self, parts: Iterable[Part]) -> bool:
        """Whether a write that comes behind the last one was taken before: its acknowledgement got lost.

        Raises:
            ServiceError: SESSION_CLOSED, where it is another one.
        """
        if self._phase is Phase.HALF_CLOSED and self._sequence.took(parts):
            return True
        step(self._phase, Move.WRITE)
        return False

    async def read(self, wait: float | None = None) -> Reply:
        if self._untold is not None:
            untold, self._untold = self._untold, None
            raise untold
        if self._phase is not Phase.OPEN:
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
        if self._crossed and reason is Fault.SESSION_CLOSED and not self.detached:
            return  # a write crossed the wrapper's own end, which its reader has yet to come to
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
