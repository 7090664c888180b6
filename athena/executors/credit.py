"""How far a producer in a thread may run ahead of its reader: 64 replies or 4 MiB, and not one more."""

from __future__ import annotations

import threading

from athena.errors import Cancelled
from athena.models import Reply

__all__ = ["Credit", "size_of"]


def size_of(reply: Reply) -> int:
    """Bytes of a reply's data."""
    return sum(len(part.data) for part in reply.parts)


class Credit:
    """A window of messages and bytes. The producer waits in ``take``; the reader gives back, from any thread."""

    def __init__(self, messages: int = 64, size: int = 4 * 1024 * 1024) -> None:
        self._messages = messages
        self._size = size
        self._changed = threading.Condition()
        self._out_messages = 0
        self._out_size = 0
        self._closed = False

    def take(self, size: int) -> None:
        """Wait for room, then take it. One message always fits into an empty window, however large.

        Raises:
            Cancelled: Nobody reads any more.
        """
        with self._changed:
            while not self._closed and (
                self._out_messages >= self._messages or (self._out_messages and self._out_size + size > self._size)
            ):
                self._changed.wait()
            if self._closed:
                raise Cancelled("nobody waits for this any more")
            self._out_messages += 1
            self._out_size += size

    def give(self, messages: int, size: int) -> None:
        """The reader has taken that much."""
        with self._changed:
            self._out_messages -= messages
            self._out_size -= size
            self._changed.notify()

    def close(self) -> None:
        """Nobody reads any more: who waits is woken with Cancelled."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
