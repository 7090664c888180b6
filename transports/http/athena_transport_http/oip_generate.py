"""``generate`` and ``generate_stream``: plain JSON in, plain JSON or server-sent events out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

from aiohttp import web

from athena.models import Description, Reply
from athena_proto import oip

from .answers import Answer
from .bodies import read_body
from .events import EVENTS, event
from .front import Front
from .routes import Route
from .said import told

__all__ = ["answer_generate", "answer_generate_stream"]


class _Asked(NamedTuple):
    """A decoded call, and what its answers need."""

    generate: oip.Generate
    service: str
    description: Description
    limit: int

    def encoded(self, reply: Reply) -> bytes:
        """One answer."""
        return oip.encode_generate(self.generate, reply, self.service, self.description, self.limit)


async def _asked(front: Front, request: web.BaseRequest, route: Route) -> _Asked:
    principal = await front.authenticate(request, "infer", route)
    deadline = front.deadline(request)
    body = await read_body(front, request, principal)
    description = oip.known(front.dispatcher.services(), route.service, route.version)
    limit = front.limits.max_message
    found = oip.decode_generate(body, route.service, description, limit)
    front.admit()
    call = oip.called(found.call, principal, told(request.headers), deadline)
    return _Asked(found._replace(call=call), route.service, description, limit)


async def answer_generate(front: Front, request: web.BaseRequest, route: Route) -> Answer:
    """One answer; an iterator's are joined."""
    asked = await _asked(front, request, route)
    return Answer(asked.encoded(await front.dispatcher.once(asked.generate.call.request)))


async def answer_generate_stream(
    front: Front, request: web.BaseRequest, route: Route, shared: dict[str, str]
) -> web.StreamResponse:
    """An event for each reply. A fault before the first is an ordinary error; after it, an event with ``error``.

    Args:
        front: The server's.
        request: The request.
        route: Its route.
        shared: Headers for pages of other origins.
    """
    asked = await _asked(front, request, route)
    async with aclosing(front.dispatcher.stream(asked.generate.call.request)) as replies:
        first = await anext(replies, None)
        opening = b"" if first is None else event(asked.encoded(first))
        answer = web.StreamResponse(headers={"Content-Type": EVENTS, "Cache-Control": "no-store", **shared})
        await answer.prepare(request)
        try:
            if opening:
                await answer.write(opening)
            await _write(answer, replies, asked)
        except (ConnectionError, GeneratorExit):
            raise
        except Exception as error:
            await answer.write(event(oip.encode_error(front.fault(error))))
    await answer.write_eof()
    return answer


async def _write(answer: web.StreamResponse, replies: AsyncGenerator[Reply, None], asked: _Asked) -> None:
    async for reply in replies:
        await answer.write(event(asked.encoded(reply)))
