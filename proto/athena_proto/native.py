"""The native codec: athena.v1 messages as bytes ↔ athena.models. No socket, no clock but the deadline's.

What a client sent is refused here when its shape is wrong: not a message, too large, too many parts, a number that is
no kind or stage. Whether the service wants it is asked later, by the service.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence

from attrs import evolve

from athena.errors import Fault, ServiceError
from athena.models import ANONYMOUS, EMPTY, Principal, Reply, Request, Stage

from . import inference_pb2 as pb
from .parts import (
    LARGE,
    MAX_ENTRIES,
    MAX_NAME,
    MAX_PARTS,
    MAX_SEGMENTS,
    STAGES,
    Buffer,
    bad,
    join,
    parse,
    strings,
    take,
    wishes,
)
from .scan import varint

__all__ = [
    "LARGE",
    "MAX_ENTRIES",
    "MAX_MESSAGE",
    "MAX_NAME",
    "MAX_PARTS",
    "MAX_SEGMENTS",
    "decode_reply",
    "decode_request",
    "encode_reply",
    "encode_request",
    "parse",
    "peek_service",
    "refuse_large",
    "unnamed",
    "verify",
]

MAX_MESSAGE = 32 * 1024 * 1024

_ONCE = Stage.ONCE
_STAGED = {
    stage: b"" if stage is _ONCE else pb.Reply(stage=int(stage)).SerializeToString()  # type: ignore[arg-type]
    for stage in Stage
}
"""A reply's stage as its message has it; ONCE is what a reader assumes."""
_REQUEST_PARTS, _REPLY_PARTS = 4, 2
_REQUEST_TAG, _REPLY_TAG = bytes((_REQUEST_PARTS << 3 | 2,)), bytes((_REPLY_PARTS << 3 | 2,))


# --- in ---------------------------------------------------------------------------------------------------------------


def decode_request(
    data: Buffer,
    segments: Sequence[Buffer] = (),
    *,
    principal: Principal = ANONYMOUS,
    headers: Mapping[str, str] = EMPTY,
    deadline: float | None = None,
    max_message: int = MAX_MESSAGE,
) -> tuple[Request, str]:
    """A call or a write, and the alias it names ("" for none).

    Args:
        data: The message.
        segments: Data that travelled beside it.
        principal: Who was authenticated.
        headers: What the wire itself carried; they win over the message's own.
        deadline: What the wire itself carried; the nearer one counts.
        max_message: Bytes allowed, message and segments together.

    Raises:
        ServiceError: BAD_REQUEST or TOO_LARGE.
    """
    if segments or len(data) > max_message:
        refuse_large(data, segments, max_message)
    message, parts = take(pb.Request, data, segments, _REQUEST_PARTS)
    if message.headers:
        headers = {**strings(message.headers, "headers"), **headers}
    remaining = message.remaining_us
    if remaining:
        if remaining < 0:
            raise bad(f"remaining_us: expected 0 or more, got {remaining}")
        mine = time.monotonic() + remaining * 1e-6
        deadline = mine if deadline is None or mine < deadline else deadline
    params, expect = message.params, message.expect
    service, sid, alias = message.service, message.sid, message.alias
    if len(service) > MAX_NAME or len(sid) > MAX_NAME or len(alias) > MAX_NAME:
        raise bad(f"service, sid, alias: expected at most {MAX_NAME} characters")
    request = Request(
        service,
        sid,
        parts,
        strings(params, "params") if params else EMPTY,
        headers,
        wishes(expect) if expect else (),
        deadline,
        principal,
    )
    return request, alias


def unnamed(request: Request) -> Request:
    """A single call without the id its client put into the message: ids are the kernel's."""
    return evolve(request, sid="") if request.sid else request


def decode_reply(data: Buffer, segments: Sequence[Buffer] = (), *, max_message: int = MAX_MESSAGE) -> tuple[Reply, str]:
    """A reply, and the sid it names ("" for none).

    Raises:
        ServiceError: BAD_REQUEST or TOO_LARGE: what came is not a reply.
    """
    if segments or len(data) > max_message:
        refuse_large(data, segments, max_message)
    message, parts = take(pb.Reply, data, segments, _REPLY_PARTS)
    number = message.stage
    stage = _ONCE if number == 0 and not message.HasField("stage") else STAGES.get(number)
    if stage is None:
        raise bad(f"stage: expected 0 to 3, got {number}")
    attributes = message.attributes
    return Reply(parts, stage, strings(attributes, "attributes") if attributes else EMPTY), message.sid


def peek_service(data: Buffer) -> str:
    """The service's name, without decoding the message; "" where it does not come first.

    Guards are asked before a body is decoded, and like to know what it is for. Serialisers write fields in the order of
    their numbers, so the name is the first thing there is.
    """
    if len(data) < 2 or data[0] != 0x0A or data[1] > 0x7F:
        return ""
    return str(data[2 : 2 + data[1]], "utf-8", "replace")


def verify(principal: Principal, *body: Buffer) -> None:
    """Compare the raw body with the digest that the caller's signature covers, where it covers one.

    Raises:
        ServiceError: UNAUTHENTICATED.
    """
    if principal.body_sha256 is None:
        return
    digest = hashlib.sha256()
    for piece in body:
        digest.update(piece)
    if not hmac.compare_digest(digest.hexdigest(), principal.body_sha256.lower()):
        raise ServiceError(Fault.UNAUTHENTICATED, "the signature is of another body")


def refuse_large(data: Buffer, segments: Sequence[Buffer], max_message: int) -> None:
    """Raises TOO_LARGE for what is larger than the server takes."""
    size = len(data)
    for segment in segments:
        size += len(segment)
    if size > max_message:
        raise ServiceError(Fault.TOO_LARGE, f"message: {size} bytes; at most {max_message} are taken")


# --- out --------------------------------------------------------------------------------------------------------------


def encode_request(request: Request, alias: str = "", segments: list[Buffer] | None = None) -> bytes:
    """A call or a write as a message.

    Args:
        request: ``deadline`` becomes the time that remains; principal and cancellation do not travel.
        alias: The client's own name for the session it opens.
        segments: Where given, large data are appended here instead, for a wire that carries them beside the message.
    """
    rest = b""
    deadline = request.deadline
    if request.sid or alias or request.params or request.headers or request.expect or deadline is not None:
        rest = _request_rest(request, alias)
    service = request.service.encode()
    head = b"\x0a" + varint(len(service)) + service if service else b""
    return join(head, _REQUEST_TAG, request.parts, rest, segments)


def encode_reply(reply: Reply, sid: str = "", segments: list[Buffer] | None = None) -> bytes:
    """A reply as a message; ``sid`` only for the first one of a session. Segments as in :func:`encode_request`."""
    if not reply.attributes and not sid:
        return join(b"", _REPLY_TAG, reply.parts, _STAGED[reply.stage], segments)
    message = pb.Reply(sid=sid)
    for key, value in reply.attributes.items():  # twice as fast as a map's own update()
        message.attributes[key] = value
    message.stage = reply.stage  # type: ignore[assignment]  # the numbers are the same
    rest = message.SerializeToString()
    return join(b"", _REPLY_TAG, reply.parts, rest, segments)


def _request_rest(request: Request, alias: str) -> bytes:
    """All of a request but its service and parts."""
    message = pb.Request(
        sid=request.sid,
        alias=alias,
        params=request.params,
        headers=request.headers,
    )
    for wish in request.expect:
        message.expect.add(key=wish.key, attributes=wish.attributes, kind=wish.kind)
    if request.deadline is not None:
        # At least 1: 0 would say that there is no deadline, where in truth it has just passed.
        message.remaining_us = max(1, int((request.deadline - time.monotonic()) * 1e6))
    return message.SerializeToString()
