"""Heads: requests and replies as the protobuf heads and data segments of frames, and back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve
from google.protobuf.message import DecodeError, Message

from ..errors import Executed, Fault, ServiceError
from ..models import ANONYMOUS, EMPTY, Buffer, Expectation, Kind, Part, Reply, Request, Resource, Stage
from . import worker_pb2 as pb
from .frames import HEAD_LIMIT, Frame, FrameError
from .plain import Kept, call_head, plain, read_call, read_reply, read_write, reply_head, write_head
from .strings import principal_into, principal_of, strings_into, strings_of

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
            strings_into(entry.attributes, part.attributes.items())
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
    if part is None or request.expect:
        return encode_request(Request("", "", request.parts, request.params, request.headers, request.expect))
    size = len(part.data)
    try:
        told = write_head(request, part)
    except (TypeError, ValueError) as error:
        raise _unfit(error) from error
    if len(told) > HEAD_LIMIT:
        raise _too_long(told)
    return told, [part.data] if size else [], size


def encode_request(request: Request, *, held: bool = False) -> Encoded:
    """A request as CALL, OPEN or WRITE carries it.

    Raises:
        ServiceError: BAD_REQUEST, for text that is not Unicode or a number the wire cannot hold.
    """
    part = plain(request.parts)
    try:
        told = None if part is None else call_head(request, part, held)
        if told is None or part is None:
            told, segments, total = _written_out(request, held)
        else:
            total = len(part.data)
            segments = [part.data] if total else []
    except (TypeError, ValueError) as error:
        raise _unfit(error) from error
    if len(told) > HEAD_LIMIT:
        raise _too_long(told)
    return told, segments, total


def _written_out(request: Request, held: bool) -> Encoded:
    head = pb.Request(sid=request.sid, held=held)
    segments, total = _parts_into(head.parts, request.parts)
    strings_into(head.params, request.params.items())
    strings_into(head.headers, request.headers.items())
    for wish in request.expect:
        head.expect.add(key=wish.key, kind=wish.kind, attributes=wish.attributes)
    if request.deadline is not None:
        head.remaining_us = int((request.deadline - time.monotonic()) * 1e6)
    if request.principal is not ANONYMOUS:
        principal_into(head.principal, request.principal)
    return head.SerializeToString(), segments, total


def _too_long(told: bytes) -> ServiceError:
    text = f"headers, params and attributes make {len(told)} bytes; at most {HEAD_LIMIT} reach a worker"
    return ServiceError(Fault.TOO_LARGE, text)


def _unfit(error: Exception) -> ServiceError:
    return ServiceError(Fault.BAD_REQUEST, f"the request cannot be sent to the worker: {error}")


def encode_reply(reply: Reply) -> Encoded:
    """A reply as ITEM, DONE or EMIT carries it.

    Raises:
        ServiceError: USER_ERROR, for what the wire cannot hold.
    """
    part = plain(reply.parts)
    try:
        if part is not None:
            total = len(part.data)
            told, segments = reply_head(reply, part), [part.data] if total else []
        else:
            head = pb.Reply(stage=reply.stage)
            segments, total = _parts_into(head.parts, reply.parts)
            strings_into(head.attributes, reply.attributes.items())
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
                strings_of(head.attributes),
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
    told = read_call(frame.head)
    if told is not None:
        sid, left, kept, size = told
        deadline = None if left is None else time.monotonic() + left
        parts, params, headers = (_part_of(kept, frame, size),), _own(kept.params), _own(kept.headers)
        return Request(service, sid, parts, params, headers, (), deadline, kept.principal, cancellation), kept.held
    head = decode(pb.Request, frame)
    remaining = head.remaining_us
    deadline = time.monotonic() + remaining / 1e6 if remaining or head.HasField("remaining_us") else None
    expect = tuple(_expectation_of(wish) for wish in head.expect) if head.expect else ()
    request = Request(
        service,
        head.sid,
        _parts_of(head.parts, frame.data),
        strings_of(head.params),
        strings_of(head.headers),
        expect,
        deadline,
        principal_of(head.principal) if head.HasField("principal") else ANONYMOUS,
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
        kept, size = told
        return Request(
            opening.service, opening.sid, (_part_of(kept, frame, size),), _own(kept.params), _own(kept.headers), (),
            opening.deadline, opening.principal,
        )  # fmt: skip
    request, _ = request_of(frame, opening.service, None)
    return evolve(request, sid=opening.sid, deadline=opening.deadline, principal=opening.principal)


def _part_of(kept: Kept, frame: Frame, size: int) -> Part:
    """The only part, whose data are all that the frame has."""
    if size != len(frame.data):
        raise FrameError(f"one part of {size} bytes, {len(frame.data)} bytes of data")
    return Part(kept.key, frame.data, kept.kind, kept.stage, None, _own(kept.attributes))


def _own(strings: Mapping[str, str]) -> Mapping[str, str]:
    """Strings of its own: a hook that writes into what it was given must not change what the next one gets."""
    return dict(strings) if strings else EMPTY


def _expectation_of(head: pb.Expectation) -> Expectation:
    if head.kind > 4:
        raise FrameError(f"expectation {head.key!r}: kind {head.kind}")
    return Expectation(head.key, _KINDS[head.kind] if head.HasField("kind") else None, strings_of(head.attributes))


def reply_of(frame: Frame) -> Reply:
    """The reply of an ITEM, DONE or EMIT frame.

    Raises:
        FrameError: The head or its sizes are wrong.
    """
    told = read_reply(frame.head)
    if told is not None:
        kept, size = told
        return Reply((_part_of(kept, frame, size),), kept.of, _own(kept.about))
    head = decode(pb.Reply, frame)
    if head.stage > 3:
        raise FrameError(f"a reply of stage {head.stage}")
    return Reply(_parts_of(head.parts, frame.data), _STAGES[head.stage], strings_of(head.attributes))


def resource_of(frame: Frame) -> Resource:
    """The resource of a RESOURCE_LOAD frame.

    Raises:
        FrameError: The head or its sizes are wrong.
    """
    head = decode(pb.Resource, frame)
    return Resource(head.id, _parts_of(head.parts, frame.data), strings_of(head.attributes))
