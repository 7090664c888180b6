"""Frames: how the worker protocol cuts a byte stream into messages. Bytes in, frames out; knows nothing of meaning.

A frame is a prefix of four big-endian 32-bit numbers (size, head, kind, id), a protobuf head of ``head`` bytes, and raw
data up to ``size``. docs/worker-protocol.md is the law; this module follows it.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from ..models import Sealed

__all__ = [
    "CREDIT_BYTES",
    "CREDIT_MESSAGES",
    "KINDS",
    "PREFIX",
    "Decoder",
    "Frame",
    "FrameError",
    "feed",
    "frame_limit",
    "prefix",
]

PREFIX: Final = struct.Struct(">IIII")
_SIZE: Final = PREFIX.size

HEAD_LIMIT: Final = 4 * 1024 * 1024
"""The longest head; a length above it is a protocol error and is never allocated."""

HELLO_LIMIT: Final = 16 * 1024 * 1024
"""What a worker takes before HELLO has told it the real limits."""

CREDIT_MESSAGES: Final = 64
CREDIT_BYTES: Final = 4 * 1024 * 1024
"""What may be under way, per call and direction, without the other side having said that it took it."""

# kernel -> worker
HELLO: Final = 1
CALL: Final = 2
BATCH: Final = 3
OPEN: Final = 4
WRITE: Final = 5
ASK: Final = 6
CLOSE: Final = 7
CANCEL: Final = 8
CREDIT: Final = 9
CHECK: Final = 10
RELOAD: Final = 11
RESOURCE_LOAD: Final = 12
RESOURCE_UNLOAD: Final = 13
PING: Final = 14
DRAIN: Final = 15
BYE: Final = 16
GATHER: Final = 17
# worker -> kernel
READY: Final = 33
REFUSED: Final = 34
ITEM: Final = 35
DONE: Final = 36
FAULT: Final = 37
OPENED: Final = 38
ACK: Final = 39
EMIT: Final = 40
CLOSED: Final = 41
PONG: Final = 42
LOG: Final = 43
PHASE: Final = 44

KINDS: Final = {
    value: name
    for name, value in list(globals().items())
    if name.isupper() and isinstance(value, int) and 0 < value < 64 and name not in ("CREDIT_MESSAGES", "_SIZE")
}
"""Every kind by its number."""

_CHUNK: Final = 256 * 1024
_WHOLE: Final = 64 * 1024
"""Frames up to this size are cut out of the common buffer; larger ones are received into memory of their own."""


class FrameError(Exception):
    """The peer broke the protocol: nothing that follows on this stream can be trusted."""


class Frame(NamedTuple):
    """One frame. ``data`` is ``bytes`` for small frames, a read-only memoryview for large ones."""

    kind: int
    id: int
    head: bytes
    data: bytes | memoryview


_new_tuple = tuple.__new__


def frame_limit(max_message: int) -> int:
    """The longest frame where messages may have ``max_message`` bytes."""
    return 2 * max_message + HEAD_LIMIT


def prefix(kind: int, id: int, head: int, data: int) -> bytes:
    """The sixteen bytes before a head of ``head`` bytes and data of ``data`` bytes."""
    return PREFIX.pack(head + data, head, kind, id)


class Decoder:
    """Turns received bytes into frames.

    The caller receives into :meth:`space` and says how much came to :meth:`received`. A frame that does not fit the
    common buffer gets memory of its own, which the socket then fills directly: its data is never copied afterwards.
    """

    __slots__ = ("_buffer", "_end", "_filled", "_head", "_start", "_view", "_whole", "limit")

    def __init__(self, limit: int) -> None:
        """Args:
        limit: The longest frame; may be set anew between frames.
        """
        self.limit = limit
        self._buffer = bytearray(_CHUNK)
        self._view = memoryview(self._buffer)
        self._start = 0
        self._end = 0
        self._whole: memoryview | None = None
        self._filled = 0
        self._head = (0, 0, 0)

    @property
    def inside(self) -> bool:
        """Whether a frame has begun that has not ended: more bytes are surely on their way."""
        return self._whole is not None or self._end != self._start

    def space(self) -> memoryview:
        """Where the next bytes go; never empty."""
        if self._whole is not None:
            return self._whole[self._filled :]
        return self._view[self._end :]

    def received(self, count: int) -> list[Frame]:
        """Take ``count`` bytes that were put into :meth:`space`.

        Raises:
            FrameError: A length above the limit, or a kind that does not exist.
        """
        frames: list[Frame] = []
        if self._whole is not None:
            self._filled += count
            if self._filled == len(self._whole):
                frames.append(self._large())
            return frames
        self._end += count
        while self._end - self._start >= _SIZE:
            size, head, kind, id = PREFIX.unpack_from(self._buffer, self._start)
            if kind not in KINDS or head > size or head > HEAD_LIMIT or size > self.limit:
                raise self._broken(size, head, kind)
            begin = self._start + _SIZE
            if self._end - begin >= size:
                cut = begin + head
                self._start = begin + size
                # Frame's own constructor is Python, called for every frame; this is what it does.
                whole = (kind, id, bytes(self._view[begin:cut]), bytes(self._view[cut : self._start]))
                frames.append(_new_tuple(Frame, whole))
            else:
                if size > _WHOLE:
                    self._begin(size, (kind, id, head), begin)
                break
        self._compact()
        return frames

    def _begin(self, size: int, head: tuple[int, int, int], begin: int) -> None:
        self._head = head
        self._filled = self._end - begin
        self._whole = memoryview(Sealed(size))
        self._whole[: self._filled] = self._view[begin : self._end]
        self._start = self._end = 0

    def _large(self) -> Frame:
        kind, id, head = self._head
        whole = self._whole
        assert whole is not None  # set by _begin, which is the only way here
        self._whole = None
        return Frame(kind, id, bytes(whole[:head]), whole[head:].toreadonly())

    def _compact(self) -> None:
        if self._start == self._end:
            self._start = self._end = 0
        elif self._start and _CHUNK - self._start < _WHOLE + _SIZE:
            # What is left is less than one small frame; moved to the front, the rest of it fits.
            left = self._end - self._start
            self._buffer[:left] = self._buffer[self._start : self._end]
            self._start, self._end = 0, left

    def _broken(self, size: int, head: int, kind: int) -> FrameError:
        if kind not in KINDS:
            return FrameError(f"a frame of unknown kind {kind}")
        if head > size:
            return FrameError(f"{KINDS[kind]}: a head of {head} bytes in a frame of {size}")
        if head > HEAD_LIMIT:
            return FrameError(f"{KINDS[kind]}: a head of {head} bytes; at most {HEAD_LIMIT}")
        return FrameError(f"{KINDS[kind]}: a frame of {size} bytes; at most {self.limit}")


def feed(decoder: Decoder, data: bytes) -> list[Frame]:
    """Give a decoder bytes that were received elsewhere; they are copied into its space."""
    found: list[Frame] = []
    view = memoryview(data)
    while view:
        space = decoder.space()
        taken = min(len(space), len(view))
        space[:taken] = view[:taken]
        view = view[taken:]
        found += decoder.received(taken)
    return found
