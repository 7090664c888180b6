"""Heads: requests and replies as the protobuf heads and data segments of frames, and back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve
from google.protobuf.message import DecodeError, Message

from ..errors import Executed, Fault, ServiceError
from ..models import ANONYMOUS, EMPTY, Buffer, Expectation, Kind, Part, Principal, Reply, Request, Resource, Stage
from . import worker_pb2 as pb
from .frames import HEAD_LIMIT, Frame, FrameError
from .plain import plain, plain_reply, plain_write, read_reply, read_write

if TYPE_CHECKING:
    from ..models import Cancellation

__all__ = [
    "Encoded",
    "decode",
    "encode_reply",
    "encode_request",
    "encode_resource",
    "encode_write",
    "reply_of",
    "request_of",
    "resource_of",
    "write_of",
]

Encoded = tuple[bytes, list[Buffer], int]
"""A head, the data segments that follow it, and the sum of their bytes."""

_KINDS = tuple(Kind)
_STAGES = tuple(Stage)


def _strings_into(target: Any, strings: Mapping[str, str]) -> None:
    # Any: protobuf's maps have no type that its stubs would name. Twice as fast as their own update().
    for key, value in strings.items():
        target[key] = value


def _parts_into(target: Any, parts: Iterable[Part]) -> tuple[list[Buffer], int]:
    # Any: protobuf's containers of messages have no common base that its stubs would name.
    segments: list[Buffer] = []
    total = 0
    for part in parts:
        data = part.data
        size = len(data) if data.__class__ is bytes else memoryview(data).nbytes
        entry = target.add(key=part.key, kind=part.kind, stage=part.stage, size=size)
        if part.seq is not None:
            entry.seq = part.seq
        if part.attributes:
            _strings_into(entry.attributes, part.attributes)
        if size:
            segments.append(data)
            total += size
    return segments, total


def encode_write(request: Request) -> Encoded:
    """A write as WRITE carries it: what is the session's, its sid, deadline and principal, is not said again.

    Raises:
        ServiceError: As encode_request.
    """
    part = plain(request.parts)
    if part is None or request.params or request.headers or request.expect:
        return encode_request(Request("", "", request.parts, request.params, request.headers, request.expect))
    size = len(part.data)
    try:
        return plain_write(part.key, part.kind, part.stage, size), [part.data] if size else [], size
    except (TypeError, ValueError) as error:
        raise _unfit(error) from error


def encode_request(request: Request, *, held: bool = False) -> Encoded:
    """A request as CALL, OPEN or WRITE carries it.

    Raises:
        ServiceError: BAD_REQUEST, for text that is not Unicode or a number the wire cannot hold.
    """
    part = plain(request.parts)
    try:
        head = pb.Request(sid=request.sid)
        first = b""
        if part is not None:
            # Two messages one after the other are one: what is kept of the part goes before what is new.
            total = len(part.data)
            first, segments = plain_write(part.key, part.kind, part.stage, total), [part.data] if total else []
        else:
            segments, total = _parts_into(head.parts, request.parts)
        if request.params:
            _strings_into(head.params, request.params)
        if request.headers:
            _strings_into(head.headers, request.headers)
        for wish in request.expect:
            head.expect.add(key=wish.key, kind=wish.kind, attributes=wish.attributes)
        if request.deadline is not None:
            head.remaining_us = int((request.deadline - time.monotonic()) * 1e6)
        if request.principal is not ANONYMOUS:
            _principal_into(head.principal, request.principal)
        if held:
            head.held = True
        told = first + head.SerializeToString()
    except (TypeError, ValueError) as error:
        raise _unfit(error) from error
    if len(told) > HEAD_LIMIT:
        text = f"headers, params and attributes make {len(told)} bytes; at most {HEAD_LIMIT} reach a worker"
        raise ServiceError(Fault.TOO_LARGE, text)
    return told, segments, total


def _unfit(error: Exception) -> ServiceError:
    return ServiceError(Fault.BAD_REQUEST, f"the request cannot be sent to the worker: {error}")


def _principal_into(head: pb.Principal, principal: Principal) -> None:
    head.id = principal.id
    head.guard = principal.guard
    if principal.scopes is not None:
        head.scopes.services.extend(sorted(principal.scopes))
        head.scopes.SetInParent()
    if principal.expires is not None:
        head.expires = principal.expires
    if principal.body_sha256 is not None:
        head.body_sha256 = principal.body_sha256


def encode_reply(reply: Reply) -> Encoded:
    """A reply as ITEM, DONE or EMIT carries it.

    Raises:
        ServiceError: USER_ERROR, for what the wire cannot hold.
    """
    part = plain(reply.parts)
    try:
        if part is not None and not reply.attributes:
            size = len(part.data)
            told = plain_reply(part.key, part.kind, part.stage, size, reply.stage)
            return told, [part.data] if size else [], size
        head = pb.Reply(stage=reply.stage)
        segments, total = _parts_into(head.parts, reply.parts)
        if reply.attributes:
            _strings_into(head.attributes, reply.attributes)
        told = head.SerializeToString()
    except (TypeError, ValueError) as error:
        text = f"the wrapper's reply cannot be sent: {error}"
        raise ServiceError(Fault.USER_ERROR, text, executed=Executed.YES) from error
    if len(told) > HEAD_LIMIT:
        text = f"the reply's attributes make {len(told)} bytes; at most {HEAD_LIMIT} can travel"
        raise ServiceError(Fault.TOO_LARGE, text, executed=Executed.YES)
    return told, segments, total


def encode_resource(resource: Resource) -> Encoded:
    """A resource as RESOURCE_LOAD carries it."""
    head = pb.Resource(id=resource.id, attributes=resource.attributes)
    segments, total = _parts_into(head.parts, resource.parts)
    return head.SerializeToString(), segments, total


def decode(message: type[Message], frame: Frame) -> Any:
    """A frame's head as that protobuf message.

    Raises:
        FrameError: It is not one.
    """
    # Any: the caller knows which message it asked for; typing it would cost a generic per message.
    try:
        return message.FromString(frame.head)
    except DecodeError as error:
        raise FrameError(f"a head that is no {message.DESCRIPTOR.name}") from error


def _strings(found: Any) -> Mapping[str, str]:
    # Any: as above. dict() of a protobuf map goes through Python's Mapping, item by item and slowly; most are empty.
    return {key: found[key] for key in found} if found else EMPTY


def _parts_of(heads: Any, data: bytes | memoryview) -> tuple[Part, ...]:
    # Any: protobuf's containers of messages have no common base that its stubs would name.
    parts = []
    offset = 0
    length = len(data)
    for head in heads:
        size, kind, stage = head.size, head.kind, head.stage
        end = offset + size
        if end > length or kind > 4 or stage > 3:
            raise FrameError(f"part {head.key!r}: kind {kind}, stage {stage}, {size} of {length} bytes")
        parts.append(
            Part(
                head.key,
                data if size == length else data[offset:end],
                _KINDS[kind],
                _STAGES[stage],
                head.seq if head.HasField("seq") else None,
                _strings(head.attributes),
            )
        )
        offset = end
    if offset != length:
        raise FrameError(f"{length - offset} bytes of data that belong to no part")
    return tuple(parts)


def request_of(frame: Frame, service: str, cancellation: Cancellation | None) -> tuple[Request, bool]:
    """The request of a CALL, OPEN or WRITE frame, and whether it is held for a BATCH.

    Raises:
        FrameError: The head or its sizes are wrong.
    """
    head = decode(pb.Request, frame)
    remaining = head.remaining_us
    deadline = time.monotonic() + remaining / 1e6 if remaining or head.HasField("remaining_us") else None
    expect = tuple(_expectation_of(wish) for wish in head.expect) if head.expect else ()
    request = Request(
        service,
        head.sid,
        _parts_of(head.parts, frame.data),
        _strings(head.params),
        _strings(head.headers),
        expect,
        deadline,
        _principal_of(head.principal) if head.HasField("principal") else ANONYMOUS,
        cancellation,
    )
    return request, head.held


def write_of(frame: Frame, opening: Request) -> Request:
    """The request of a WRITE frame; what it leaves out is the session's.

    Raises:
        FrameError: The head or its sizes are wrong.
    """
    told = read_write(frame.head)
    if told is not None:
        key, kind, stage, size = told
        part = Part(key, _whole(frame, size), kind, stage)
        return Request(opening.service, opening.sid, (part,), deadline=opening.deadline, principal=opening.principal)
    request, _ = request_of(frame, opening.service, None)
    return evolve(request, sid=opening.sid, deadline=opening.deadline, principal=opening.principal)


def _whole(frame: Frame, size: int) -> bytes | memoryview:
    """A frame's data, when they are one part's."""
    if size != len(frame.data):
        raise FrameError(f"one part of {size} bytes, {len(frame.data)} bytes of data")
    return frame.data


def _expectation_of(head: pb.Expectation) -> Expectation:
    if head.kind > 4:
        raise FrameError(f"expectation {head.key!r}: kind {head.kind}")
    return Expectation(head.key, _KINDS[head.kind] if head.HasField("kind") else None, _strings(head.attributes))


def _principal_of(head: pb.Principal) -> Principal:
    return Principal(
        head.id,
        head.guard,
        frozenset(head.scopes.services) if head.HasField("scopes") else None,
        head.expires if head.HasField("expires") else None,
        head.body_sha256 if head.HasField("body_sha256") else None,
    )


def reply_of(frame: Frame) -> Reply:
    """The reply of an ITEM, DONE or EMIT frame.

    Raises:
        FrameError: The head or its sizes are wrong.
    """
    told = read_reply(frame.head)
    if told is not None:
        key, kind, stage, size, of = told
        return Reply((Part(key, _whole(frame, size), kind, stage),), of)
    head = decode(pb.Reply, frame)
    if head.stage > 3:
        raise FrameError(f"a reply of stage {head.stage}")
    return Reply(_parts_of(head.parts, frame.data), _STAGES[head.stage], _strings(head.attributes))


def resource_of(frame: Frame) -> Resource:
    """The resource of a RESOURCE_LOAD frame.

    Raises:
        FrameError: The head or its sizes are wrong.
    """
    head = decode(pb.Resource, frame)
    return Resource(head.id, _parts_of(head.parts, frame.data), _strings(head.attributes))
