"""Heads: requests, replies and errors as the protobuf heads and data segments of frames, and back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError, Message

from ..errors import Executed, Fault, ServiceError
from ..models import ANONYMOUS, EMPTY, Buffer, Expectation, Kind, Part, Principal, Reply, Request, Resource, Stage
from . import worker_pb2 as pb
from .frames import HEAD_LIMIT, Frame, FrameError

if TYPE_CHECKING:
    from ..models import Cancellation

__all__ = [
    "Encoded",
    "decode",
    "encode_fault",
    "encode_reply",
    "encode_request",
    "encode_resource",
    "fault_of",
    "reply_of",
    "request_of",
    "resource_of",
]

Encoded = tuple[bytes, list[Buffer], int]
"""A head, the data segments that follow it, and the sum of their bytes."""

_KINDS = tuple(Kind)
_STAGES = tuple(Stage)
_FAULTS = {fault.value: fault for fault in Fault}
_EXECUTED = {executed.value: executed for executed in Executed}


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


def encode_request(request: Request, *, held: bool = False) -> Encoded:
    """A request as CALL, OPEN or WRITE carries it.

    Raises:
        ServiceError: BAD_REQUEST, for text that is not Unicode or a number the wire cannot hold.
    """
    try:
        head = pb.Request(sid=request.sid)
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
        told = head.SerializeToString()
    except (TypeError, ValueError) as error:
        raise ServiceError(Fault.BAD_REQUEST, f"the request cannot be sent to the worker: {error}") from error
    if len(told) > HEAD_LIMIT:
        text = f"headers, params and attributes make {len(told)} bytes; at most {HEAD_LIMIT} reach a worker"
        raise ServiceError(Fault.TOO_LARGE, text)
    return told, segments, total


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
    try:
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


def encode_fault(error: ServiceError) -> bytes:
    """An error as FAULT carries it."""
    head = pb.Fault(fault=error.fault.value, executed=error.executed.value, retry_after=error.retry_after)
    # A wrapper's own sentence may hold what UTF-8 cannot; the fault must arrive all the same.
    head.message = error.message.encode("utf-8", "replace").decode()
    head.error_id = error.error_id
    if error.code is not None:
        head.code = max(-(2**63), min(2**63 - 1, error.code))
    return head.SerializeToString()


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
    deadline = time.monotonic() + head.remaining_us / 1e6 if head.HasField("remaining_us") else None
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
    head = decode(pb.Reply, frame)
    if head.stage > 3:
        raise FrameError(f"a reply of stage {head.stage}")
    return Reply(_parts_of(head.parts, frame.data), _STAGES[head.stage], _strings(head.attributes))


def fault_of(frame: Frame) -> ServiceError:
    """The error of a FAULT frame. A fault this kernel does not know is an INTERNAL one.

    Raises:
        FrameError: The head is wrong.
    """
    head = decode(pb.Fault, frame)
    return ServiceError(
        _FAULTS.get(head.fault, Fault.INTERNAL),
        head.message,
        executed=_EXECUTED.get(head.executed, Executed.UNKNOWN),
        code=head.code if head.HasField("code") else None,
        retry_after=head.retry_after if head.HasField("retry_after") else None,
        error_id=head.error_id,
    )


def resource_of(frame: Frame) -> Resource:
    """The resource of a RESOURCE_LOAD frame.

    Raises:
        FrameError: The head or its sizes are wrong.
    """
    head = decode(pb.Resource, frame)
    return Resource(head.id, _parts_of(head.parts, frame.data), _strings(head.attributes))
