"""Single calls: an ASE JSON document in, one out; or a raw body in, and a raw body out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.hdrs import ACCEPT, CONTENT_TYPE
from multidict import CIMultiDictProxy

from athena.errors import Fault, ServiceError
from athena.models import EMPTY, Part, Principal, Reply, Request
from athena_proto.ase import Style, decode_message, encode_reply

from .answers import JSON, Answer
from .bodies import read_body
from .forms import FORM, form_of
from .front import PRIORITY_HEADER, TIMEOUT_HEADER, Front, Refused
from .media import BYTES, KINDS, part_of, type_of
from .routes import Route
from .tracing import TRACEPARENT, traced

__all__ = ["Call", "answer_once", "decode_call", "encoded", "is_json", "single"]

_TAKES = (
    "send application/json, one part as application/octet-stream, text/plain, image/*, audio/* or video/*, "
    "or several as multipart/form-data"
)
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


def is_json(request: web.BaseRequest) -> bool:
    """Whether the body is a JSON document; browsers cannot send that type across origins unasked.

    Raises:
        Refused: 415, for a type that is neither JSON nor one part's bytes nor a form.
    """
    given = request.headers.get(CONTENT_TYPE, "")
    return True if given == JSON else _is_json(given)


@lru_cache(256)
def _is_json(given: str) -> bool:
    kind, _, options = given.partition(";")
    kind = kind.strip().lower()
    if kind == JSON or (kind.startswith("application/") and kind.endswith("+json")):
        charset = options.lower().replace(" ", "").replace('"', "")
        if charset not in ("", "charset=utf-8", "charset=utf8"):
            raise Refused(415, ServiceError(Fault.BAD_REQUEST, "Content-Type: JSON is UTF-8, nothing else"))
        return True
    if kind in (BYTES, "text/plain", FORM) or kind.partition("/")[0] in KINDS:
        return False
    raise Refused(415, ServiceError(Fault.BAD_REQUEST, f"Content-Type: {_TAKES}"))


async def decode_call(front: Front, request: web.BaseRequest, route: Route, principal: Principal) -> Call:
    """Read and decode, whatever form the body has.

    Raises:
        ServiceError: BAD_REQUEST, TOO_LARGE.
        Refused: 408, 415.
    """
    deadline = front.deadline(request)
    json = is_json(request)
    body = await read_body(front, request, principal)
    service = route.service
    sid = front.mint()
    if json:
        message = decode_message(body, service, front.limits.max_message)
        told = message.headers
        if PRIORITY_HEADER in request.headers:
            told = {**told, PRIORITY_HEADER: request.headers[PRIORITY_HEADER]}
        if TRACEPARENT in request.headers:
            told = traced(told, request.headers)
        parts = message.parts
        if parts and parts[0].key == service:
            parts = single(front, service, parts)
        full = Request(service, sid, parts, message.params, told, message.expect, deadline, principal)
        return Call(full, sid, message.plain, False, message.style)
    params = _query(route.query)
    view = front.dispatcher.services().get(service)
    about, limit = view.description if view else None, front.limits.max_message
    content_type = request.headers[CONTENT_TYPE]
    form = content_type[: len(FORM)].lower() == FORM
    if form:
        parts = form_of(body, content_type, params, about, limit)
    elif len(body) > limit:
        raise ServiceError(Fault.TOO_LARGE, f"the body has {len(body)} bytes; at most {limit} are taken")
    else:
        parts = (part_of(content_type, params.pop("key", ""), body, about),)
    told = _headers(request.headers)
    full = Request(service, sid, parts, params, told, (), deadline, principal)
    return Call(full, sid, form, not form and JSON not in request.headers.get(ACCEPT, ""))


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


def told(spoken: CIMultiDictProxy[str]) -> Mapping[str, str]:
    """Of HTTP's headers those that are for the kernel, where a body has none of its own: priority and trace."""
    return traced({PRIORITY_HEADER: spoken[PRIORITY_HEADER]} if PRIORITY_HEADER in spoken else EMPTY, spoken)


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
    call = await decode_call(front, request, route, principal)
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
