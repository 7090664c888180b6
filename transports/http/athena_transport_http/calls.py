"""Single calls as HTTP carries them: an ASE JSON document, a form, or a raw body; and a raw body back."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl

from aiohttp.hdrs import ACCEPT, CONTENT_TYPE
from multidict import CIMultiDictProxy

from athena.errors import Fault, ServiceError
from athena.models import EMPTY, Part, Principal, Reply, Request
from athena_proto.ase import Style, decode_message, encode_reply

from .answers import JSON, Answer
from .forms import FORM, form_of
from .front import TIMEOUT_HEADER, Front
from .media import part_of, type_of
from .said import Said
from .tracing import over

__all__ = ["Call", "decoded", "raw", "single"]

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


def decoded(front: Front, said: Said, body: bytes, deadline: float | None, principal: Principal) -> Call:
    """A call, whatever form its body has.

    Args:
        front: The server's.
        said: What its head says.
        body: All of it.
        deadline: ``time.monotonic()`` by which the caller wants its answer, or None.
        principal: Who is calling.

    Raises:
        ServiceError: BAD_REQUEST, TOO_LARGE.
        Refused: 415.
    """
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


def raw(front: Front, reply: Reply, sid: str) -> Answer:
    """The bytes of a reply's only part.

    Raises:
        ServiceError: TOO_LARGE.
    """
    part = reply.parts[0]
    if len(part.data) > front.limits.max_message:
        encode_reply(reply, sid, front.limits.max_message)  # says so, in the codec's words
    headers = {"x-athena-sid": sid}
    if part.key.isascii() and part.key.isprintable():
        headers["x-athena-key"] = part.key
    return Answer(part.lasting, content_type=type_of(part.kind, part.attributes or EMPTY), headers=headers)
