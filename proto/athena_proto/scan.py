"""Takes the data of parts out of a large protobuf message, and puts them in, without a copy.

protobuf's own parser copies a ``bytes`` field into its arena and again when it is read; at a megabyte that is the whole
cost of a call. So large messages are split here: what is small goes to protobuf as ever, data become views.
"""

from __future__ import annotations

__all__ = ["MAX_FIELDS", "split", "varint"]

MAX_FIELDS = 4096
"""More fields than that at one level are left to protobuf's parser: this one is Python, and slow per field."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_DATA = 2 << 3 | _BYTES  # Part.data

Span = tuple[int, int, int, int]


class Malformed(ValueError):
    """Not a protobuf message."""


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def split(data: bytes | memoryview, parts: int) -> tuple[bytes, list[tuple[bytes, memoryview]]] | None:
    """Take a message apart.

    Args:
        data: The message.
        parts: The number of the field that holds the parts.

    Returns:
        The message without its parts, and for each part its message without the data, and the data. None where this
        is better left to protobuf, which also knows best what is wrong with a malformed message.
    """
    view = memoryview(data).toreadonly()
    wanted = parts << 3 | _BYTES
    try:
        rest: list[memoryview] = []
        found: list[tuple[bytes, memoryview]] = []
        for tag, begin, value, end in _fields(view, 0, len(view)):
            if tag != wanted:
                rest.append(view[begin:end])
                continue
            found.append(_part(view, value, end))
        return b"".join(rest), found
    except Malformed:
        return None


def _part(view: memoryview, start: int, stop: int) -> tuple[bytes, memoryview]:
    head: list[memoryview] = []
    data = view[0:0]
    for tag, begin, value, end in _fields(view, start, stop):
        if tag == _DATA:
            data = view[value:end]  # as protobuf has it: the last one counts
        else:
            head.append(view[begin:end])
    return b"".join(head), data


def _fields(view: memoryview, at: int, stop: int) -> list[Span]:
    """Where each field stands: its tag, where it begins, where its value begins, where it ends."""
    found: list[Span] = []
    while at < stop:
        begin = at
        tag, at = _number(view, at, stop)
        value = at
        wire = tag & 7
        if wire == _BYTES:
            size, value = _number(view, at, stop)
            at = value + size
        elif wire == _VARINT:
            _, at = _number(view, at, stop)
        elif wire == _FIXED64:
            at += 8
        elif wire == _FIXED32:
            at += 4
        else:
            raise Malformed
        if at > stop or len(found) == MAX_FIELDS:
            raise Malformed
        found.append((tag, begin, value, at))
    return found


def _number(view: memoryview, at: int, stop: int) -> tuple[int, int]:
    value = shift = 0
    while at < stop and shift < 70:
        byte = view[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise Malformed
