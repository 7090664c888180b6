"""A session whose replies are compared with what its wrapper declares: ``[kernel] debug``."""

from __future__ import annotations

from athena.describe import judge_reply
from athena.errors import Fault, ServiceError
from athena.interfaces import Session
from athena.models import Description, Reply, Request

__all__ = ["Judged"]


class Judged(Session):
    """Stands before a session of an executor."""

    def __init__(self, inner: Session, description: Description) -> None:
        self.sid = inner.sid
        self._inner = inner
        self._description = description

    async def write(self, request: Request) -> None:
        await self._inner.write(request)

    async def read(self, wait: float | None = None) -> Reply:
        """As the session's own; a reply that does not fit ends it with USER_ERROR."""
        reply = await self._inner.read(wait)
        try:
            judge_reply(self._description, reply, whole=False)
        except ServiceError:
            await self._inner.close(Fault.USER_ERROR)
            raise
        return reply

    async def close(self, reason: Fault | None = None) -> None:
        await self._inner.close(reason)
