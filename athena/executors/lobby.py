"""Where sessions begin: each on the worker that has the fewest, or waiting until there is a worker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..errors import Fault, ServiceError
from ..link.conversation import Conversation
from ..link.token import Token
from ..models import Request
from .reaper import Reaper
from .worker import Worker

__all__ = ["Lobby"]


class Lobby:
    """Opens sessions on the workers of a pool.

    Attributes:
        closed: Why no session begins any more; "" while they do.
    """

    def __init__(self, active: Sequence[Worker], reaper: Reaper) -> None:
        """Args:
        active: The pool's own list of ready workers.
        """
        self.closed = ""
        self._active = active
        self._reaper = reaper
        self._changed = asyncio.Event()

    def look(self) -> None:
        """A worker came, or the lobby was closed: who waits looks again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def open(self, request: Request) -> Conversation:
        """Begin a session.

        Raises:
            ServiceError: What athena_session_create raised; UNAVAILABLE.
        """
        while not self._active and not self.closed:
            await self._changed.wait()
        if self.closed:
            raise ServiceError(Fault.UNAVAILABLE, self.closed, retry_after=1.0)
        worker = min(self._active, key=lambda one: len(one.sessions))
        session = Conversation(
            request, worker.peer, lambda it: self._over(it, worker), lambda it: self._leave(it, worker)
        )
        session.begin()
        worker.sessions.add(session)
        if isinstance(request.cancellation, Token):
            request.cancellation.started = True
        try:
            await session.opened
        except BaseException:
            session.shut()
            raise
        return session

    def _over(self, session: Conversation, worker: Worker) -> None:
        worker.sessions.discard(session)
        worker.finished += worker.alive
        if worker.finished >= worker.bound:
            worker.wear("max_requests")
        self._reaper.spare(session)

    def _leave(self, session: Conversation, worker: Worker) -> None:
        opening = None if session.opened.done() else session.request.deadline
        self._reaper.sentence(session, worker, opening)
