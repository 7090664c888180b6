"""Where plain calls are answered: those whose head and body are there, and whose head says nothing out of the way."""

from __future__ import annotations

from aiohttp.hdrs import CONTENT_ENCODING, ORIGIN
from multidict import CIMultiDictProxy

from athena.errors import ServiceError

from .answers import Answer
from .front import Front, Refused
from .heads import Post
from .oip import Oip
from .once import answer_said
from .origins import Origins, Stranger
from .routes import Action, Route
from .said import Said, said_of

__all__ = ["Counter"]


class Counter:
    """One per server."""

    def __init__(self, front: Front, origins: Origins, oip: Oip) -> None:
        self._front = front
        self._origins = origins
        self._oip = oip

    def said(self, headers: CIMultiDictProxy[str], route: Route) -> Said | None:
        """What a call's head says, once it has passed all that can be asked of a head alone.

        Returns:
            None for a head that is refused, or is more than plain: the general way tells the client.
        """
        if ORIGIN in headers or CONTENT_ENCODING in headers:
            return None
        try:
            self._origins.check(headers)
            return said_of(headers, route)
        except (Stranger, Refused, ServiceError):
            return None

    async def answer(self, post: Post, said: Said) -> Answer:
        """Answer one call; nothing but an answer or a cancellation comes out."""
        front = self._front
        try:
            if said.route.action is Action.OIP:
                answer = await self._oip.answer_said(post, said)
            else:
                front.admit()
                answer = await answer_said(front, post, said)
        except Exception as error:
            answer = front.failure(post, error, said.route)
        if front.draining:
            answer.keep_alive = False
        return answer
