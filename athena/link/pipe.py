"""A worker's end of the stream: frames written whole from any thread, frames read on one; blocking, no event loop."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence

from ..errors import Cancelled
from ..models import Buffer
from .flusher import Flusher
from .frames import CREDIT_BYTES, CREDIT_MESSAGES, Decoder, Frame, prefix

__all__ = ["ANSWERS", "Credits", "Pipe"]

_JOINED = 16 * 1024
"""Frames up to this size are one write of one buffer: copying them costs less than a vector does."""
_VECTOR = 512
"""Buffers of one sendmsg; the system's bound is 1024."""
ANSWERS = 8
"""Answers of calls that are written together, at most."""
_SMALL, _HELD = 4 * 1024, 16
"""Bytes of data of a frame that may be held, and how many of them."""


class Pipe:
    """Both directions of one connected stream socket.

    Attributes:
        gone: True once the kernel's end is closed; what is sent after that goes nowhere.
        hurried: Whether more frames are about to follow; never, unless somebody who knows is asked.
        brisk: The same of a call's answer, which follows sooner.
    """

    def __init__(self, connection: socket.socket, limit: int) -> None:
        """Args:
        connection: Connected and blocking.
        limit: The longest frame to take.
        """
        self.gone = False
        self._socket = connection
        self._decoder = Decoder(limit)
        self._received: deque[Frame] = deque()
        self._lock = threading.Lock()
        self._held: list[bytes] = []
        self._flusher = Flusher(self.flush)
        self.hurried: Callable[[], bool] = bool
        self.brisk: Callable[[], bool] = bool

    def set_limit(self, limit: int) -> None:
        """The longest frame to take from now on."""
        self._decoder.limit = limit

    def receive(self) -> Frame | None:
        """The next frame from the kernel; None once it has closed its end. For one thread.

        Raises:
            FrameError: What came is not the protocol.
        """
        while not self._received:
            try:
                count = self._socket.recv_into(self._decoder.space())
            except OSError:
                count = 0
            if not count:
                self.gone = True
                return None
            self._received.extend(self._decoder.received(count))
        return self._received.popleft()

    def send(self, kind: int, id: int, head: bytes = b"", segments: Sequence[Buffer] = (), size: int = 0) -> None:
        """Write one frame; ``size`` is the sum of the segments' bytes. Blocks while the kernel does not read."""
        first = prefix(kind, id, len(head), size) + head
        large = len(first) + size > _JOINED
        frame = first if large or not size else b"".join((first, *segments))
        with self._lock:
            held, self._held = self._held, []
            try:
                if large:
                    self._send_all([*held, frame, *segments])
                else:
                    self._socket.sendall(b"".join((*held, frame)) if held else frame)
            except OSError:
                # The kernel has gone; the reader sees the end of the stream and ends this process.
                self.gone = True

    def send_soon(self, kind: int, id: int, head: bytes, segments: Sequence[Buffer] = (), size: int = 0) -> None:
        """Write a session's frame, or hold it for a moment when more are about to follow.

        Each write wakes the kernel, and where the two share a core that costs more than the frame.
        """
        if self.hurried():
            self.hold(kind, id, head, segments, size)
        else:
            self.send(kind, id, head, segments, size)

    def answer(self, kind: int, id: int, head: bytes = b"", segments: Sequence[Buffer] = (), size: int = 0) -> None:
        """Write a call's last frame, or hold it for a moment when the next one's is about to follow.

        What was written before a worker died tells the kernel which calls it had begun; so READY tells how many may
        have been begun behind those, and here no more than that are held.
        """
        if size > _SMALL or not self.brisk():
            self.send(kind, id, head, segments, size)
            return
        frame = b"".join((prefix(kind, id, len(head), size), head, *segments))
        with self._lock:
            self._held.append(frame)
            full = len(self._held) >= ANSWERS
        # Before the lane takes up its next call.
        if full:
            self.flush()
        else:
            self._flusher.wake()

    def hold(self, kind: int, id: int, head: bytes = b"", segments: Sequence[Buffer] = (), size: int = 0) -> None:
        """Hold a frame for a moment, for more follow; a large one, or one too many, takes all that is held along."""
        if size > _SMALL or len(self._held) >= _HELD:
            self.send(kind, id, head, segments, size)
            return
        frame = b"".join((prefix(kind, id, len(head), size), head, *segments))
        with self._lock:
            self._held.append(frame)
        self._flusher.wake()

    def flush(self) -> None:
        """Write what is held."""
        if not self._held:
            return
        with self._lock:
            held, self._held = self._held, []
            if held:
                try:
                    self._socket.sendall(b"".join(held))
                except OSError:
                    self.gone = True

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def _send_all(self, buffers: Sequence[Buffer]) -> None:
        views = [memoryview(buffer).cast("B") for buffer in buffers]
        start = 0
        while start < len(views):
            sent = self._socket.sendmsg(views[start : start + _VECTOR])
            while start < len(views) and sent >= len(views[start]):
                sent -= len(views[start])
                start += 1
            if sent:
                views[start] = views[start][sent:]


class Credits:
    """How far one call or session may run ahead of its reader.

    A message goes while fewer than 64 messages and fewer than 4 MiB are under way: one message may exceed that.
    """

    __slots__ = ("_changed", "_closed", "_messages", "_size")

    def __init__(self, changed: threading.Condition) -> None:
        """Args:
        changed: Shared by all the credits of a worker: waiting is rare, so waking all who wait is cheap.
        """
        self._changed = changed
        self._messages = 0
        self._size = 0
        self._closed = False

    def take(self, size: int) -> None:
        """Wait until a message of ``size`` bytes may go.

        Raises:
            Cancelled: Nobody reads any more.
        """
        with self._changed:
            while not self._closed and (self._messages >= CREDIT_MESSAGES or self._size >= CREDIT_BYTES):
                self._changed.wait()
            if self._closed:
                raise Cancelled("nobody waits for this any more")
            self._messages += 1
            self._size += size

    def give(self, messages: int, size: int) -> None:
        """The kernel has taken that much."""
        with self._changed:
            self._messages -= messages
            self._size -= size
            self._changed.notify_all()

    def close(self) -> None:
        """Nobody reads any more: who waits is woken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
