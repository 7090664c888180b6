"""The kernel's writing half: frames onto a non-blocking socket, those of one turn of the loop in one write."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from ..models import Buffer
from .bell import Bell
from .frames import PREFIX, prefix

__all__ = ["BACKLOG", "Outgoing", "Owner"]

_JOINED = 16 * 1024
"""Frames up to this size are one write of one buffer: copying them costs less than a vector does."""
_VECTOR = 512
"""Buffers of one sendmsg; the system's bound is 1024."""
BACKLOG = 8 * 1024 * 1024
"""Bytes that may wait for the socket before writers of sessions wait as well."""

_pack = PREFIX.pack


class Owner(Protocol):
    """Whose frame it is. ``written`` becomes True with the first byte of its first frame."""

    written: bool


Waiting = tuple[bytes, Sequence[Buffer], int, "Owner | None"]
"""A frame that waits for the socket: prefix and head, segments, their bytes, and whose it is."""


class Outgoing:
    """What cannot be written at once waits here, not in a transport's buffer.

    So urgent frames overtake everything but the frame that is half written, and what was never written can be taken
    back.

    Attributes:
        backlog: Bytes of data that wait.
    """

    def __init__(self, connection: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self._socket = connection
        self._loop = loop
        self._flight: list[memoryview] = []
        self._urgent: list[bytes] = []
        self._queue: deque[Waiting] = deque()
        self.backlog = 0
        self._blocked = False
        self._scheduled = False
        self._closed = False
        self._bell = Bell()

    def post(
        self,
        kind: int,
        id: int,
        head: bytes,
        segments: Sequence[Buffer] = (),
        size: int = 0,
        owner: Owner | None = None,
    ) -> None:
        """Send a frame, at the end of this turn of the loop; ``size`` is the sum of the segments' bytes."""
        if self._closed:
            return
        self._queue.append((_pack(len(head) + size, len(head), kind, id) + head, segments, size, owner))
        self.backlog += size
        # Each write wakes the worker, and on a busy machine that costs more than the frame: one wake-up for many.
        if not self._scheduled and not self._blocked:
            self._schedule()

    def post_urgent(self, kind: int, id: int) -> None:
        """Send a frame without head or data before everything that waits."""
        if not self._closed:
            self._urgent.append(prefix(kind, id, 0, 0))
            if not self._scheduled and not self._blocked:
                self._schedule()

    def take_back(self, owner: Owner) -> None:
        """Forget an owner's frames that wait."""
        if self._queue:
            self.backlog -= sum(waiting[2] for waiting in self._queue if waiting[3] is owner)
            self._queue = deque(waiting for waiting in self._queue if waiting[3] is not owner)

    def room(self) -> Coroutine[Any, Any, None]:  # Any: what coroutines yield
        """Returns, awaited, when the socket is not far behind."""
        return self._bell.until(self._near)

    def close(self) -> None:
        """Forget everything that waits. The socket is the owner's to close."""
        self._closed = True
        if self._blocked:
            self._loop.remove_writer(self._socket.fileno())
            self._blocked = False
        self._queue.clear()
        self._urgent.clear()
        self._flight = []
        self._bell.ring()

    def _schedule(self) -> None:
        self._scheduled = True
        self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        if not self._closed and not self._drained():
            self._blocked = True
            self._loop.add_writer(self._socket.fileno(), self._writable)

    def _writable(self) -> None:
        if self._drained():
            self._blocked = False
            self._loop.remove_writer(self._socket.fileno())

    def _drained(self) -> bool:
        """Write until nothing waits (True) or the socket takes no more (False)."""
        while self._fly():
            if self.backlog <= BACKLOG:
                self._bell.ring()
            if self._urgent:
                self._flight = [memoryview(b"".join(self._urgent))]
                self._urgent.clear()
            elif self._queue:
                self._flight, size = _next(self._queue)
                self.backlog -= size
            else:
                return True
        return False

    def _fly(self) -> bool:
        """Write more of the frame that is half written; True when nothing is half written any more."""
        while self._flight:
            try:
                if len(self._flight) == 1:
                    sent = self._socket.send(self._flight[0])
                    if sent == len(self._flight[0]):
                        self._flight = []
                        return True
                else:
                    sent = self._socket.sendmsg(self._flight[:_VECTOR])
            except BlockingIOError:
                return False
            except OSError:
                # The other end is gone; the reader finds the end of the stream and says so.
                self._flight = []
                break
            self._flight = _rest(self._flight, sent)
        return True

    def _near(self) -> bool:
        return self.backlog <= BACKLOG or self._closed


def _rest(buffers: Sequence[Buffer], sent: int) -> list[memoryview]:
    """What is left of buffers of which ``sent`` bytes went."""
    rest = []
    for buffer in buffers:
        view = memoryview(buffer).cast("B")
        if sent >= len(view):
            sent -= len(view)
        else:
            rest.append(view[sent:])
            sent = 0
    return rest


def _next(queue: deque[Waiting]) -> tuple[list[memoryview], int]:
    """The buffers of the next write, one large frame or as many small ones as fit together; and their data's bytes."""
    small: list[Buffer] = []
    total = taken = 0
    while queue and total <= _JOINED:
        first, segments, size, owner = queue[0]
        if size > _JOINED and small:
            break
        queue.popleft()
        taken += size
        if owner is not None:
            owner.written = True
        if size > _JOINED:
            return [memoryview(buffer).cast("B") for buffer in (first, *segments)], taken
        small.append(first)
        small += segments
        total += len(first) + size
    return [memoryview(small[0] if len(small) == 1 else b"".join(small))], taken
