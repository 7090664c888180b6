"""Single calls: an ASE JSON document in, one out; or a raw body in, and a raw body out."""

from __future__ import annotations

import asyncio
from typing import NamedTuple, cast
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.hdrs import ACCEPT, CONTENT_TYPE
from multidict import CIMultiDictProxy

from athena.errors import Fault, ServiceError
from athena.models import EMPTY, Part, Principal, Reply, Request
from athena_proto.ase import Style, decode_message, encode_reply

from .answers import JSON, Answer
from .bodies import read_body, sound
from .forms import FORM, form_of
from .front import TIMEOUT_HEADER, Front
from .heads import Post
from .media import part_of, type_of
from .routes import Route
from .said import Said, said_of
from .tracing import over

__all__ = ["Call", "answer_once", "answer_said", "decode_call", "encoded", "single"]

_FOLDS = 64 * 1024
"""Bytes from which on a reply is folded in a thread."""
_UNTOLD = frozenset({"authorization", "cookie", "proxy-authorization", TIMEOUT_HEADER})


class Call(NamedTuple):
    """A decoded call.

    Attributes:
        request: For the dispatcher.
        sid: The call's id.
        plain: Whether text is to be written as it is.
        raw: Whether the answer is the bytes of the only part.
        style: What else the request says about the answer.
    """

    request: Request
    sid: str
    plain: bool
    raw: bool
    style: Style | None = None


async def decode_call(front: Front, request: web.BaseRequest, route: Route, principal: Principal) -> Call:
    """Read and decode, whatever form the body has.

    Raises:
        ServiceError: BAD_REQUEST, TOO_LARGE.
        Refused: 408, 415.
    """
    said = said_of(request.headers, route)
    deadline = said.deadline  # reading the body is in it
    return _decoded(front, said, await read_body(front, request, principal), deadline, principal)


def _decoded(front: Front, said: Said, body: bytes, deadline: float | None, principal: Principal) -> Call:
    service = said.route.service
    sid = front.mint()
    limit = front.limits.max_message
    if said.json:
        message = decode_message(body, service, limit)
        parts = message.parts
        if parts and parts[0].key == service:
            parts = single(front, service, parts)
        headers = over(message.headers, said.told)
        full = Request(service, sid, parts, message.params, headers, message.expect, deadline, principal)
        return Call(full, sid, message.plain, False, message.style)
    spoken = said.headers
    params = _query(said.route.query)
    view = front.dispatcher.services().get(service)
    about = view.description if view else None
    content_type = spoken[CONTENT_TYPE]
    form = content_type[: len(FORM)].lower() == FORM
    if form:
        parts = form_of(body, content_type, params, about, limit)
    elif len(body) > limit:
        raise ServiceError(Fault.TOO_LARGE, f"the body has {len(body)} bytes; at most {limit} are taken")
    else:
        parts = (part_of(content_type, params.pop("key", ""), body, about),)
    full = Request(service, sid, parts, params, _headers(spoken), (), deadline, principal)
    return Call(full, sid, form, not form and JSON not in spoken.get(ACCEPT, ""))


def single(front: Front, service: str, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """A service's only data may be called after the service; it is then the only input that the service declares."""
    view = front.dispatcher.services().get(service)
    inputs = view.description.inputs if view is not None else ()
    if len(parts) != 1 or len(inputs) != 1 or inputs[0].key in ("*", service):
        return parts
    part = parts[0]
    return (Part(inputs[0].key, part.data, part.kind, part.stage, part.seq, part.attributes),)


async def encoded(front: Front, reply: Reply, sid: str, plain: bool, style: Style | None) -> bytes:
    """A reply as an ASE document; what is much to fold is folded beside the loop.

    Raises:
        ServiceError: TOO_LARGE; USER_ERROR for strings that JSON cannot hold.
    """
    limit = front.limits.max_message
    if style is None or not style.folded or sum(len(part.data) for part in reply.parts) < _FOLDS:
        return encode_reply(reply, sid, limit, plain=plain, style=style)
    return await asyncio.to_thread(encode_reply, reply, sid, limit, plain=plain, style=style)


def _headers(spoken: CIMultiDictProxy[str]) -> dict[str, str]:
    """HTTP's headers as a call has them: lower-case names, the first of each, and no credentials."""
    headers: dict[str, str] = {}
    for name, value in spoken.items():
        lower = name.lower()
        if lower not in _UNTOLD:
            headers.setdefault(lower, value)
    return headers


def _query(query: str) -> dict[str, str]:
    """Parameters from a query, each at most once."""
    params: dict[str, str] = {}
    if not query:
        return params
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in params:
            raise ServiceError(Fault.BAD_REQUEST, f"query: {name} stands there twice")
        params[name] = value
    return params


async def answer_once(front: Front, request: web.BaseRequest, route: Route) -> Answer:
    """One request, one reply."""
    principal = await front.authenticate(request, "once", route)
    return await _answered(front, request, await decode_call(front, request, route, principal), route)


async def answer_said(front: Front, post: Post, said: Said) -> Answer:
    """The same, where the body is there and what the head says is known."""
    principal = front.nobody or await front.authenticate(cast(web.BaseRequest, post), "once", said.route)
    body = sound(front, post.body, principal)
    return await _answered(front, post, _decoded(front, said, body, said.deadline, principal), said.route)


async def _answered(front: Front, request: web.BaseRequest | Post, call: Call, route: Route) -> Answer:
    try:
        reply = await front.dispatcher.once(call.request)
        if call.raw and len(reply.parts) == 1:
            return _raw(front, reply, call.sid)
        return Answer(await encoded(front, reply, call.sid, call.plain, call.style))
    except Exception as error:
        # Whoever complains of it has the id under which the log knows the call.
        return front.failure(request, error, route, call.sid)


def _raw(front: Front, reply: Reply, sid: str) -> Answer:
    part = reply.parts[0]
    if len(part.data) > front.limits.max_message:
        encode_reply(reply, sid, front.limits.max_message)  # says so, in the codec's words
    headers = {"x-athena-sid": sid}
    if part.key.isascii() and part.key.isprintable():
        headers["x-athena-key"] = part.key
    return Answer(part.tobytes(), content_type=type_of(part.kind, part.attributes or EMPTY), headers=headers)
