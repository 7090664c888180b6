"""Heads whose like has been made or read before: only what varies in them is new, the sid, the time left, the size.

Calls of one service, answers of one wrapper and frames of a session say nearly the same again and again. Such a head is
an ordinary protobuf message whose fields stand in an order of our own: the sid and the time left first, the only part
last, with its size at the very end; time and size have a fixed width (protobuf reads a number with leading zero groups
like any other). What stands between is made once, read once, and kept. A head of anybody else is read as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from google.protobuf.message import DecodeError

from ..models import ANONYMOUS, EMPTY, Kind, Part, Principal, Reply, Request, Stage
from . import worker_pb2 as pb
from .strings import principal_into, principal_of, strings_into, strings_of

__all__ = ["Kept", "call_head", "plain", "read_call", "read_reply", "read_write", "reply_head", "write_head"]

_MANY = 1024
"""Heads of each kind that are kept."""
_LONG = 1024
"""Bytes of a head that is kept; a longer one is somebody's text."""
_KINDS = tuple(Kind)
_STAGES = tuple(Stage)
_SID, _TIME, _SIZE = 0x0A, 0x30, b"\x30"
"""The tags of ``Request.sid``, ``Request.remaining_us`` and ``Part.size``."""
_LEFT = b"\x30"
_LENGTHS = tuple(bytes((_SID, length)) for length in range(128))
_WIDE = 5
"""Bytes of a wide number: 35 bits, in groups of seven."""
_MOST = 1 << 35
_GROUPS, _MARKS = 0x8080808080, 0x0080808080
"""The bits that say whether another group follows, and as they stand in a wide number."""

Strings = tuple[tuple[str, str], ...]
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(NamedTuple):
    """What a head says that is the same in many heads.

    Attributes:
        key, kind, stage, attributes: Of its only part.
        params, headers, principal, held: Of a call.
        of: The stage of a reply.
        about: The attributes of a reply.
    """

    key: str
    kind: Kind
    stage: Stage
    attributes: Mapping[str, str] = EMPTY
    params: Mapping[str, str] = EMPTY
    headers: Mapping[str, str] = EMPTY
    principal: Principal = ANONYMOUS
    held: bool = False
    of: Stage = Stage.ONCE
    about: Mapping[str, str] = EMPTY


class _Memory(dict[K, V], Generic[K, V]):
    """Makes a value for a key that is not there, and keeps it where it is short."""

    def __init__(self, make: Callable[[K], tuple[V, int]]) -> None:
        """Args:
        make: Gives the value, and its length in bytes.
        """
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        made, length = self._make(key)
        if length <= _LONG:
            if len(self) >= _MANY:
                self.clear()
            self[key] = made
        return made


def plain(parts: tuple[Part, ...]) -> Part | None:
    """The only part, when there is nothing special about it."""
    if len(parts) == 1:
        part = parts[0]
        if part.seq is None and part.data.__class__ is bytes:
            return part
    return None


def call_head(request: Request, part: Part, held: bool) -> bytes | None:
    """The head of a call with one plain part; None where it says what has no place here.

    Raises:
        TypeError, ValueError: A key is not Unicode, or another value is none of its type.
    """
    sid = request.sid.encode()
    left, size = 0, len(part.data)
    if request.deadline is not None:
        left = int((request.deadline - time.monotonic()) * 1e6)
    if request.expect or not (0 < len(sid) < len(_LENGTHS) and 0 <= left < _MOST and size < _MOST):
        return None
    between = _calls[
        part.key, part.kind, part.stage, _items(part.attributes), _items(request.params), _items(request.headers),
        None if request.principal is ANONYMOUS else request.principal, held,
    ]  # fmt: skip
    timed = b"" if request.deadline is None else _LEFT + _wide(left)
    return b"".join((_LENGTHS[len(sid)], sid, timed, between, _wides[size]))


def write_head(request: Request, part: Part) -> bytes:
    """The head of a write of one plain part, which says nothing of its session; it has no expectations.

    Raises:
        TypeError, ValueError: As above.
    """
    between = _calls[
        part.key, part.kind, part.stage, _items(part.attributes), _items(request.params), _items(request.headers),
        None, False,
    ]  # fmt: skip
    return between + _wides[len(part.data)]


def reply_head(reply: Reply, part: Part) -> bytes:
    """The head of a reply with one plain part.

    Raises:
        TypeError, ValueError: As above.
    """
    about = _items(reply.attributes)
    between = _replies[part.key, part.kind, part.stage, _items(part.attributes), reply.stage, about]
    return between + _wides[len(part.data)]


def read_call(head: bytes) -> tuple[str, float | None, Kept, int] | None:
    """The sid, the seconds left, what is kept, and the size that such a head of a call says; None for any other."""
    size = _sizes[head[-_WIDE:]]
    if size is None or head[0] != _SID or head[1] > 127:
        return None
    at = 2 + head[1]
    sid, left = head[2:at], None
    if len(head) > at + 1 + 2 * _WIDE and head[at] == _TIME:
        number = int.from_bytes(head[at + 1 : at + 1 + _WIDE], "little")
        if number & _GROUPS != _MARKS:
            return None
        left = _narrow(number) / 1e6
        at += 1 + _WIDE
    kept = _read_calls[head[at:-_WIDE]]
    return None if kept is None else (sid.decode(), left, kept, size)


def read_write(head: bytes) -> tuple[Kept, int] | None:
    """What such a head of a write says of its part, and the part's size; None for any other head."""
    size = _sizes[head[-_WIDE:]]
    kept = None if size is None else _read_calls[head[:-_WIDE]]
    return None if size is None or kept is None else (kept, size)


def read_reply(head: bytes) -> tuple[Kept, int] | None:
    """What such a head of a reply says, and its part's size; None for any other head."""
    size = _sizes[head[-_WIDE:]]
    kept = None if size is None else _read_replies[head[:-_WIDE]]
    return None if size is None or kept is None else (kept, size)


def _size(told: bytes) -> tuple[int | None, int]:
    """A wide number, or None for bytes that are none."""
    number = int.from_bytes(told, "little")
    return _narrow(number) if len(told) == _WIDE and number & _GROUPS == _MARKS else None, _WIDE


def _wide(number: int) -> bytes:
    return (
        number & 0x7F
        | (number & 0x3F80) << 1
        | (number & 0x1FC000) << 2
        | (number & 0xFE00000) << 3
        | (number & 0x7F0000000) << 4
        | _MARKS
    ).to_bytes(_WIDE, "little")


def _narrow(number: int) -> int:
    return (
        number & 0x7F
        | number >> 1 & 0x3F80
        | number >> 2 & 0x1FC000
        | number >> 3 & 0xFE00000
        | number >> 4 & 0x7F0000000
    )


def _items(strings: Mapping[str, str]) -> Strings:
    return tuple(strings.items()) if strings else ()


def _between(said: bytes, tag: int, key: str, kind: Kind, stage: Stage, attributes: Strings) -> tuple[bytes, int]:
    """All of a head that is kept: what is ``said`` of the rest, then the part up to its size."""
    part = pb.Part(key=key, kind=kind, stage=stage)
    strings_into(part.attributes, attributes)
    told = part.SerializeToString() + _SIZE
    made = b"".join((said, bytes((tag,)), _varint(len(told) + _WIDE), told))
    return made, len(made)


def _call(key: tuple[str, Kind, Stage, Strings, Strings, Strings, Principal | None, bool]) -> tuple[bytes, int]:
    name, kind, stage, attributes, params, headers, principal, held = key
    head = pb.Request(held=held)
    strings_into(head.params, params)
    strings_into(head.headers, headers)
    if principal is not None:
        principal_into(head.principal, principal)
    return _between(head.SerializeToString(), _CALL_PART, name, kind, stage, attributes)


def _reply(key: tuple[str, Kind, Stage, Strings, Stage, Strings]) -> tuple[bytes, int]:
    name, kind, stage, attributes, of, about = key
    head = pb.Reply(stage=of)
    strings_into(head.attributes, about)
    return _between(head.SerializeToString(), _REPLY_PART, name, kind, stage, attributes)


def _parsed(message: type[Any], between: bytes) -> Any:  # Any: a request or a reply, as the caller knows
    """The message that the kept bytes begin, when the size of its only part is all that is missing; else None."""
    try:
        empty, other = (message.FromString(between + _wide(size)) for size in (0, 1))
    except DecodeError:
        return None
    if len(other.parts) != 1 or other.parts[0].size != 1:
        return None
    other.parts[0].size = 0
    part = empty.parts[0]
    # What differs with the last bytes is the size, and nothing else: it is the size that they are.
    fits = other == empty and part.kind < len(_KINDS) and part.stage < len(_STAGES) and not part.HasField("seq")
    return empty if fits else None


def _call_of(between: bytes) -> tuple[Kept | None, int]:
    head: pb.Request | None = _parsed(pb.Request, between)
    if head is None or head.sid or head.HasField("remaining_us") or head.expect:
        return None, len(between)
    part = head.parts[0]
    return Kept(
        part.key, _KINDS[part.kind], _STAGES[part.stage], strings_of(part.attributes), strings_of(head.params),
        strings_of(head.headers), principal_of(head.principal) if head.HasField("principal") else ANONYMOUS, head.held,
    ), len(between)  # fmt: skip


def _reply_of(between: bytes) -> tuple[Kept | None, int]:
    head: pb.Reply | None = _parsed(pb.Reply, between)
    if head is None or not head.HasField("stage") or head.stage >= len(_STAGES):
        return None, len(between)
    part, about = head.parts[0], strings_of(head.attributes)
    kept = Kept(part.key, _KINDS[part.kind], _STAGES[part.stage], strings_of(part.attributes))
    return kept._replace(of=_STAGES[head.stage], about=about), len(between)


def _varint(number: int) -> bytes:
    told = bytearray()
    while number > 0x7F:
        told.append(number & 0x7F | 0x80)
        number >>= 7
    told.append(number)
    return bytes(told)


_CALL_PART, _REPLY_PART = 0x12, 0x0A
"""The tags of ``Request.parts`` and ``Reply.parts``."""
_calls = _Memory(_call)
_replies = _Memory(_reply)
_read_calls = _Memory(_call_of)
_read_replies = _Memory(_reply_of)
_sizes = _Memory(_size)
_wides: _Memory[int, bytes] = _Memory(lambda number: (_wide(number), _WIDE))
