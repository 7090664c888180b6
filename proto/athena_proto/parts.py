"""Parts inside native messages: protobuf ↔ athena.models.Part, large data without a copy, and the limits of shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from athena.errors import Fault, ServiceError
from athena.models import EMPTY, Expectation, Kind, Part, Stage

from . import inference_pb2 as pb
from .scan import split, varint

Buffer = bytes | memoryview
M = TypeVar("M", bound=Message)

MAX_PARTS = 256
MAX_SEGMENTS = 13
"""Data that travel beside one message: with what goes before them, 16 frames on ZeroMQ. Further ones go inside."""
MAX_ENTRIES = 256
"""Of one map: params, headers or attributes."""
MAX_NAME = 1024
"""Bytes of the name of a service, session or part."""
LARGE = 64 * 1024
"""From here on a message is split without copying (``scan``), and data travel beside the message where a wire can."""

KINDS = {int(kind): kind for kind in Kind}
STAGES = {int(stage): stage for stage in Stage}
_OTHER, _ONCE = Kind.OTHER, Stage.ONCE


def bad(text: str) -> ServiceError:
    """What is raised for every wrong shape."""
    return ServiceError(Fault.BAD_REQUEST, text)


def _garbled(kind: type[Message]) -> ServiceError:
    return bad(f"not an athena.v1 {kind.DESCRIPTOR.name} message")


def parse(kind: type[M], data: Buffer) -> M:
    """Any other message of ``athena.v1``.

    Raises:
        ServiceError: BAD_REQUEST.
    """
    try:
        return kind.FromString(data)  # type: ignore[arg-type]  # the stub says bytes; any buffer will do
    except (DecodeError, ValueError) as error:  # ValueError: the pure-Python parser on bad UTF-8
        raise _garbled(kind) from error


def take(kind: type[M], data: Buffer, segments: Sequence[Buffer], field: int) -> tuple[M, tuple[Part, ...]]:
    """A request or reply and its parts; ``field`` is the number of the field that holds them.

    Raises:
        ServiceError: BAD_REQUEST.
    """
    if len(data) >= LARGE:
        pieces = split(data, field)
        if pieces is not None:
            heads = [parse(pb.Part, head) for head, _ in pieces[1]]
            return parse(kind, pieces[0]), _assemble(heads, [body for _, body in pieces[1]], segments)
    try:
        message = kind.FromString(data)  # type: ignore[arg-type]  # the stub says bytes; any buffer will do
    except (DecodeError, ValueError) as error:
        raise _garbled(kind) from error
    found: Sequence[pb.Part] = message.parts  # type: ignore[attr-defined]  # Request and Reply have them
    if len(found) == 1 and not segments:  # what nearly every call has
        head = found[0]
        data = head.data
        if not data and head.segment:
            raise _lost(head)
        return message, (_part(head, data),)
    return message, _assemble(found, [head.data for head in found], segments)


def _assemble(heads: Sequence[pb.Part], bodies: list[Buffer], segments: Sequence[Buffer]) -> tuple[Part, ...]:
    if len(heads) > MAX_PARTS:
        raise bad(f"parts: {len(heads)}; at most {MAX_PARTS} are taken")
    if segments:
        bodies = _attach(heads, bodies, segments)
    else:
        for head, body in zip(heads, bodies, strict=True):
            if not body and head.segment:
                raise _lost(head)
    return tuple(map(_part, heads, bodies))


def _lost(head: pb.Part) -> ServiceError:
    return bad(f"parts.{head.key}: segment {head.segment} is not there, or taken, or the part has data of its own")


def _attach(heads: Sequence[pb.Part], bodies: list[Buffer], segments: Sequence[Buffer]) -> list[Buffer]:
    """The parts' data, where some travelled beside the message: each segment belongs to exactly one part."""
    free: list[Buffer | None] = list(segments)
    out: list[Buffer] = []
    for head, body in zip(heads, bodies, strict=True):
        number = head.segment
        if number:
            found = free[number - 1] if number <= len(free) else None
            if found is None or len(body):
                raise _lost(head)
            free[number - 1] = None
            body = found
        out.append(body)
    if any(segment is not None for segment in free):
        raise bad("segments: there are some that no part names")
    return out


def _part(head: pb.Part, data: Buffer) -> Part:
    key = head.key
    number = head.kind
    # 0 is both "not set" and a value: only then presence is asked, which costs as much as reading.
    kind = _OTHER if number == 0 and not head.HasField("kind") else KINDS.get(number)
    place = head.stage
    stage = _ONCE if place == 0 and not head.HasField("stage") else STAGES.get(place)
    seq: int | None = head.seq
    if seq == 0 and not head.HasField("seq"):
        seq = None
    if kind is None or stage is None or len(key) > MAX_NAME:
        raise _odd(head)
    attributes = head.attributes
    return Part(key, data, kind, stage, seq, strings(attributes, f"parts.{key}") if attributes else EMPTY)


def _odd(head: pb.Part) -> ServiceError:
    if len(head.key) > MAX_NAME:
        return bad(f"parts: a key of {len(head.key)} characters; at most {MAX_NAME} are taken")
    if head.kind not in KINDS:
        return bad(f"parts.{head.key}.kind: expected 0 to 4, got {head.kind}")
    return bad(f"parts.{head.key}.stage: expected 0 to 3, got {head.stage}")


def strings(values: Mapping[str, str], where: str) -> Mapping[str, str]:
    """A message's map as a dict of its own; ``where`` names it in the refusal of a flood."""
    if len(values) > MAX_ENTRIES:
        raise bad(f"{where}: {len(values)} entries; at most {MAX_ENTRIES} are taken")
    return dict(values.items())


def wishes(values: Sequence[pb.Expectation]) -> tuple[Expectation, ...]:
    """How the caller wants its results."""
    if len(values) > MAX_PARTS:
        raise bad(f"expect: {len(values)}; at most {MAX_PARTS} are taken")
    out = []
    for value in values:
        kind = KINDS.get(value.kind) if value.HasField("kind") else None
        if kind is None and value.HasField("kind"):
            raise bad(f"expect.{value.key}.kind: expected 0 to 4, got {value.kind}")
        out.append(Expectation(value.key, kind, strings(value.attributes, f"expect.{value.key}")))
    return tuple(out)


def join(head: bytes, tag: bytes, parts: Sequence[Part], rest: bytes, segments: list[Buffer] | None) -> bytes:
    """One message out of its pieces: protobuf allows fields in any order, so data are copied once, into the whole."""
    if len(parts) == 1 and len(parts[0].data) < _SHORT and type(parts[0].data) is bytes:  # what nearly every call has
        part = parts[0]
        about, data = _about(part), part.data
        if len(about) < _SHORT:
            length = _VARINTS[len(data)]
            whole = _VARINTS[len(about) + len(data) + len(length) + 1]
            return b"".join((head, tag, whole, about, b"\x12", length, data, rest))
    pieces: list[Buffer] = [head]
    for part in parts:
        data = part.data
        size = len(data) if type(data) is bytes else memoryview(data).nbytes
        about = _about(part)
        if segments is not None and size >= LARGE and len(segments) < MAX_SEGMENTS:
            segments.append(data)
            about += b"\x38" + varint(len(segments))
            pieces += (tag, varint(len(about)), about)
        elif size:
            about += b"\x12" + varint(size)
            pieces += (tag, varint(len(about) + size), about, data)
        else:
            pieces += (tag, varint(len(about)), about)
    pieces.append(rest)
    return b"".join(pieces)


def _about(part: Part) -> bytes:
    """All of a part but its data."""
    about = _named(part.key, part.kind, part.stage)
    if part.seq is None and not part.attributes:
        return about
    message = pb.Part(attributes=part.attributes)
    if part.seq is not None:
        message.seq = part.seq
    return about + message.SerializeToString()


@lru_cache(maxsize=1024)
def _named(key: str, kind: Kind, stage: Stage) -> bytes:
    """What a service's parts begin with, again and again."""
    name = key.encode()
    return b"\x0a" + varint(len(name)) + name + _MARKS[kind, stage]


_SHORT = 4096
_VARINTS = tuple(varint(number) for number in range(2 * _SHORT + 4))

# Part.kind and Part.stage, both written out: what a reader assumes where they are missing is then nobody's business.
_MARKS = {(kind, stage): bytes((0x18, kind, 0x20, stage)) for kind in Kind for stage in Stage}
