"""Single calls: one request, one reply."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, cast

from aiohttp import web

from athena.models import ANONYMOUS, Principal, Reply
from athena_proto.ase import Style, encode_reply

from .answers import Answer
from .bodies import read_body, sound
from .calls import Call, decoded, raw
from .front import Front
from .heads import Post
from .routes import Route
from .said import Said, said_of

__all__ = ["answer_once", "answer_said", "decode_call", "encoded"]

_FOLDS = 64 * 1024
"""Bytes from which on a reply is folded in a thread."""


async def decode_call(front: Front, request: web.BaseRequest, route: Route, principal: Principal) -> Call:
    """Read and decode, whatever form the body has.

    Raises:
        ServiceError: BAD_REQUEST, TOO_LARGE.
        Refused: 408, 415.
    """
    said = said_of(request.headers, route)
    deadline = said.deadline  # reading the body is in it
    return decoded(front, said, await read_body(front, request, principal), deadline, principal)


async def encoded(front: Front, reply: Reply, sid: str, plain: bool, style: Style | None) -> bytes:
    """A reply as an ASE document; what is much to fold is folded beside the loop.

    Raises:
        ServiceError: TOO_LARGE; USER_ERROR for strings that JSON cannot hold.
    """
    limit = front.limits.max_message
    if style is None or not style.folded or sum(len(part.data) for part in reply.parts) < _FOLDS:
        return encode_reply(reply, sid, limit, plain=plain, style=style)
    return await asyncio.to_thread(encode_reply, reply, sid, limit, plain=plain, style=style)


async def answer_once(front: Front, request: web.BaseRequest, route: Route) -> Answer:
    """One request, one reply."""
    principal = await front.authenticate(request, "once", route)
    return await _answered(front, request, await decode_call(front, request, route, principal), route)


def answer_said(front: Front, post: Post, said: Said) -> Coroutine[Any, Any, Answer]:  # Any: what coroutines yield
    """The same, where the body is there and what the head says is known."""
    if front.dispatcher.guarded:
        return _guarded(front, post, said)
    body = sound(front, post.body, ANONYMOUS)
    return _answered(front, post, decoded(front, said, body, said.deadline, ANONYMOUS), said.route)


async def _guarded(front: Front, post: Post, said: Said) -> Answer:
    principal = await front.authenticate(cast(web.BaseRequest, post), "once", said.route)
    body = sound(front, post.body, principal)
    return await _answered(front, post, decoded(front, said, body, said.deadline, principal), said.route)


async def _answered(front: Front, request: web.BaseRequest | Post, call: Call, route: Route) -> Answer:
    try:
        reply = await front.dispatcher.once(call.request)
        if call.raw and len(reply.parts) == 1:
            return raw(front, reply, call.sid)
        return Answer(await encoded(front, reply, call.sid, call.plain, call.style))
    except Exception as error:
        # Whoever complains of it has the id under which the log knows the call.
        return front.failure(request, error, route, call.sid)
