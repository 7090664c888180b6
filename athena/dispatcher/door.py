"""A transport's dispatcher: every call of every wire passes here, and the same way."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from typing import Any

from athena.interfaces import Dispatcher, Session
from athena.models import Attempt, Principal, Reply, Request, ServiceView

from .passage import Passage
from .resources import ResourceDesk
from .sessions import Sessions
from .streams import streamed
from .switchboard import Switchboard

__all__ = ["Door"]


class Door(ResourceDesk, Dispatcher):
    """One per transport, so that metrics and accounts know which wire a call came by."""

    def __init__(self, board: Switchboard, sessions: Sessions, transport: str) -> None:
        super().__init__(board)
        self._sessions = sessions
        self._transport = transport

    @property
    def guarded(self) -> bool:
        return bool(self._board.guards)

    def authenticate(self, attempt: Attempt) -> Coroutine[Any, Any, Principal]:  # Any: what coroutines yield
        return self._board.authenticate(attempt)

    async def once(self, request: Request) -> Reply:
        passage = Passage(self._board, self._transport, request)
        try:
            service, full = passage.enter()
            if self._board.quotas:
                await passage.acquire()
            reply = passage.passed(await service.once(full, passage.admitted))
            passage.ended()
            return reply
        except BaseException as error:
            failure = passage.failed(error)
            if failure is error:
                raise
            raise failure from error
        finally:
            passage.leave()

    def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        return streamed(self._board, self._transport, request)

    async def open(self, request: Request, *, detached: bool, alias: str | None = None) -> Session:
        return await self._sessions.open(request, self._transport, detached=detached, alias=alias)

    def session(self, key: str, principal: Principal) -> Session:
        return self._sessions.find(key, principal)

    def services(self) -> Mapping[str, ServiceView]:
        return self._board.views.latest()

    def changes(self) -> AsyncIterator[Mapping[str, ServiceView]]:
        return self._board.views.watch()

    def metrics(self) -> bytes:
        return self._board.metrics.render()
