"""Detached sessions over plain HTTP: opened by one request, written, read and closed by others of the same caller."""

from __future__ import annotations

import math
import time
from urllib.parse import parse_qsl

from aiohttp import web

from athena.errors import Fault, ServiceError
from athena.models import Kind, Part, Reply, Request, Stage
from athena_proto.ase import decode_message, encode_reply

from .answers import Answer
from .bodies import read_body
from .front import Front, Refused
from .routes import Route
from .said import is_json
from .tracing import traced

__all__ = ["MAX_WAIT", "answer_open", "answer_session"]

MAX_WAIT = 60.0
"""Seconds a read may wait; a client that wants more asks again."""
END = (Part("", b"", Kind.OTHER, Stage.END),)


async def answer_open(front: Front, request: web.BaseRequest, route: Route) -> Answer:
    """``POST /v1/sessions?service=NAME[&alias=ID]``: an ASE document without payload, or nothing at all."""
    query = dict(parse_qsl(route.query, keep_blank_values=True))
    named = Route(route.action, query.get("service", ""))
    principal = await front.authenticate(request, "open", named)
    if request.method != "POST":
        raise Refused(405, ServiceError(Fault.UNSUPPORTED, "sessions are opened with POST"), {"Allow": "POST"})
    if not named.service:
        raise ServiceError(Fault.BAD_REQUEST, "query: service is missing; POST /v1/sessions?service=NAME")
    front.deadline(request)  # what it says must be a time, but it is about this request: the session outlives it
    body = await read_body(front, request, principal)
    if body:
        _must_be_json(request)
    message = decode_message(body or b"{}", named.service, front.limits.max_message)
    if message.parts:
        raise ServiceError(Fault.BAD_REQUEST, "payload: a session is opened without data; write it afterwards")
    headers = traced(message.headers, request.headers)
    opening = Request(named.service, "", (), message.params, headers, message.expect, None, principal)
    session = await front.dispatcher.open(opening, detached=True, alias=query.get("alias") or None)
    return Answer(encode_reply(Reply((), Stage.BEGIN), session.sid, 0))


async def answer_session(front: Front, request: web.BaseRequest, route: Route) -> Answer:
    """``POST``, ``GET ?wait=SECONDS`` and ``DELETE /v1/sessions/{sid or alias}``."""
    principal = await front.authenticate(request, "session", route)
    method = request.method
    if method == "GET":
        wait = _wait(front, request, route)
        session = front.dispatcher.session(route.key, principal)
        reply = await session.read(wait)
        plain = dict(parse_qsl(route.query)).get("plain") in ("true", "1")
        return Answer(encode_reply(reply, session.sid, front.limits.max_message, plain=plain))
    if method == "POST":
        _must_be_json(request)
        body = await read_body(front, request, principal)
        session = front.dispatcher.session(route.key, principal)
        message = decode_message(body, "", front.limits.max_message, stage=Stage.CONTINUE)
        parts = message.parts or (END if message.stage is Stage.END else ())
        await session.write(Request("", session.sid, parts, message.params, message.headers, principal=principal))
        return Answer(encode_reply(Reply((), Stage.CONTINUE), session.sid, 0))
    if method == "DELETE":
        session = front.dispatcher.session(route.key, principal)
        await session.close()
        return Answer(encode_reply(Reply((), Stage.END), session.sid, 0))
    raise Refused(
        405, ServiceError(Fault.UNSUPPORTED, "a session takes POST, GET and DELETE"), {"Allow": "POST, GET, DELETE"}
    )


def _must_be_json(request: web.BaseRequest) -> None:
    if not is_json(request.headers):
        raise Refused(415, ServiceError(Fault.BAD_REQUEST, "Content-Type: send application/json"))


def _wait(front: Front, request: web.BaseRequest, route: Route) -> float:
    """How long a read may wait: what ``?wait=`` says, within what the request's own deadline leaves."""
    text = dict(parse_qsl(route.query)).get("wait", "0")
    try:
        wait = float(text)
    except ValueError:
        wait = math.nan
    if not 0 <= wait <= 3600:
        raise ServiceError(Fault.BAD_REQUEST, "query: wait is a number of seconds")
    deadline = front.deadline(request)
    if deadline is not None:
        wait = min(wait, max(0.0, deadline - time.monotonic()))
    return min(wait, MAX_WAIT)
