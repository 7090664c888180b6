"""Heads that say next to nothing: one part of a key, kind, stage and size. Made and read once, then kept.

The frames of a session say the same of their data again and again, and so do the answers of most wrappers.
"""

from __future__ import annotations

from functools import lru_cache

from google.protobuf.message import DecodeError

from ..models import Kind, Part, Stage
from . import worker_pb2 as pb

__all__ = ["plain", "plain_reply", "plain_write", "read_reply", "read_write"]

_KEPT = 1024
"""Heads of each kind."""
_SHORT = 128
"""Bytes of a head or key that is kept; a longer one is somebody's text."""
_KINDS = tuple(Kind)
_STAGES = tuple(Stage)


def plain(parts: tuple[Part, ...]) -> Part | None:
    """The only part, when there is nothing special about it."""
    if len(parts) == 1:
        part = parts[0]
        if part.seq is None and not part.attributes and part.data.__class__ is bytes and len(part.key) < _SHORT:
            return part
    return None


@lru_cache(_KEPT)
def plain_write(key: str, kind: Kind, stage: Stage, size: int) -> bytes:
    """The head of a write of one plain part.

    Raises:
        TypeError, ValueError: The key is not Unicode, or another value is none of its type.
    """
    head = pb.Request()
    head.parts.add(key=key, kind=kind, stage=stage, size=size)
    return head.SerializeToString()


@lru_cache(_KEPT)
def plain_reply(key: str, kind: Kind, stage: Stage, size: int, of: Stage) -> bytes:
    """The head of a reply of stage ``of`` with one plain part.

    Raises:
        TypeError, ValueError: As above.
    """
    head = pb.Reply(stage=of)
    head.parts.add(key=key, kind=kind, stage=stage, size=size)
    return head.SerializeToString()


def read_write(told: bytes) -> tuple[str, Kind, Stage, int] | None:
    """What such a head of a write says of its part; None for any other head."""
    return _read_write(told) if len(told) <= _SHORT else None


def read_reply(told: bytes) -> tuple[str, Kind, Stage, int, Stage] | None:
    """What such a head of a reply says of its part, and the reply's stage; None for any other head."""
    return _read_reply(told) if len(told) <= _SHORT else None


# A head is plain when the plain head of what it says is the same message: so nothing it says is overlooked.


@lru_cache(_KEPT)
def _read_write(told: bytes) -> tuple[str, Kind, Stage, int] | None:
    try:
        head = pb.Request.FromString(told)
    except DecodeError:
        return None
    if len(head.parts) != 1 or head.parts[0].kind > 4 or head.parts[0].stage > 3:
        return None
    part = head.parts[0]
    found = (part.key, _KINDS[part.kind], _STAGES[part.stage], part.size)
    return found if pb.Request.FromString(plain_write(*found)) == head else None


@lru_cache(_KEPT)
def _read_reply(told: bytes) -> tuple[str, Kind, Stage, int, Stage] | None:
    try:
        head = pb.Reply.FromString(told)
    except DecodeError:
        return None
    if len(head.parts) != 1 or head.parts[0].kind > 4 or head.parts[0].stage > 3 or head.stage > 3:
        return None
    part = head.parts[0]
    found = (part.key, _KINDS[part.kind], _STAGES[part.stage], part.size, _STAGES[head.stage])
    return found if pb.Reply.FromString(plain_reply(*found)) == head else None
