"""The kernel's end of the protocol: one worker's stream on the event loop, without a task and without a lock."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from ..errors import Executed, Fault, ServiceError
from ..models import Buffer
from . import worker_pb2 as pb
from .frames import LOG, Decoder, Frame, FrameError
from .heads import decode
from .outgoing import Outgoing, Owner

__all__ = ["Entry", "Peer"]

_READS = 16
"""Receives in a row before other work of the loop has its turn."""


class Entry(Owner, Protocol):
    """Something that is open on a peer: a call, a session, a question.

    Attributes:
        id: Its id on the stream; given by :meth:`Peer.begin`.
        written: True once the worker may have seen it.
        in_lane: Whether the worker executes it in one of its threads, in the order they were sent (a call).
    """

    id: int
    in_lane: bool

    def take(self, frame: Frame) -> bool:
        """A frame for it; True when nothing more may come.

        Raises:
            FrameError: The frame makes no sense here.
        """

    def lost(self, error: ServiceError) -> None:
        """The worker is gone."""


class Peer:
    """Calls, sessions and questions over one connected stream socket."""

    def __init__(
        self, connection: socket.socket, limit: int, lost: Callable[[str], None], logged: Callable[[pb.Log], None]
    ) -> None:
        """Args:
        connection: Connected; it is made non-blocking.
        limit: The longest frame, in and out.
        lost: Called once, when the stream ends ("") or what came is not the protocol (why); call close() then.
        logged: Given every LOG frame.
        """
        connection.setblocking(False)
        self._socket = connection
        self._limit = limit
        self._lost = lost
        self._logged = logged
        self._loop = asyncio.get_running_loop()
        self._decoder = Decoder(limit)
        self._table: dict[int, Entry] = {}
        self._next = 0
        self._closed = False
        self.outgoing = Outgoing(connection, self._loop)
        self._loop.add_reader(connection.fileno(), self._readable)

    def begin(self, kind: int, entry: Entry, head: bytes, segments: Sequence[Buffer] = (), size: int = 0) -> None:
        """Give an entry its id and send its first frame.

        Raises:
            ServiceError: TOO_LARGE, for a frame the worker would not take; nothing has begun.
        """
        if len(head) + size > self._limit:
            text = f"the request has {len(head) + size} bytes; at most {self._limit} reach a worker"
            raise ServiceError(Fault.TOO_LARGE, text)
        id = self._next
        while True:
            id = id + 1 if id < 0xFFFFFFFF else 1
            if id not in self._table:
                break
        self._next = entry.id = id
        self._table[id] = entry
        self.outgoing.post(kind, id, head, segments, size, entry)

    def greet(self, kind: int, entry: Entry, head: bytes) -> None:
        """Begin what concerns the connection itself, under the id 0."""
        entry.id = 0
        self._table[0] = entry
        self.outgoing.post(kind, 0, head, (), 0, entry)

    def give_up(self, kind: int, entry: Entry) -> bool:
        """Nobody waits for an entry any more; ``kind`` (CANCEL, CLOSE) tells the worker and overtakes all that waits.

        Returns:
            True when it was never written: the worker knows nothing of it, and it is over.
        """
        self.outgoing.take_back(entry)
        if not entry.written and not self._closed:
            self._table.pop(entry.id, None)
            return True
        self.outgoing.post_urgent(kind, entry.id)
        return False

    def close(self, reason: str, executing: int | None = None) -> list[Entry]:
        """The stream is over: what the worker may have begun is lost, what it cannot have begun is returned.

        Args:
            reason: What the worker did: "was killed by SIGKILL".
            executing: How many calls a worker may have begun: those it executes at once, and as many more as it may
                hold the answers of. It takes them up in the order they were sent, and one more only after it has
                written the last frame of another; so all but the first so many were not begun. None: whatever was
                written may have been.
        """
        if self._closed:
            return []
        self._last_words()
        self._closed = True
        self._loop.remove_reader(self._socket.fileno())
        self.outgoing.close()
        self._socket.close()
        entries, self._table = list(self._table.values()), {}
        unseen: list[Entry] = []
        begun = 0
        for entry in entries:
            begun += entry.written and entry.in_lane
            if not entry.written or (entry.in_lane and executing is not None and begun > executing):
                unseen.append(entry)
            else:
                # An error each: an exception that is raised in many tasks gathers all their tracebacks.
                entry.lost(ServiceError(Fault.WORKER_LOST, f"the worker {reason}", executed=Executed.UNKNOWN))
        return unseen

    def _last_words(self) -> None:
        """Take what a dead worker had written: a reply that came through was executed, and was not lost."""
        try:
            while not self._closed and (count := self._socket.recv_into(self._decoder.space())):
                for frame in self._decoder.received(count):
                    self._take(frame)
        except (OSError, FrameError):
            return  # nothing more comes, or half a frame: whoever it was for is told that the worker was lost

    def _readable(self) -> None:
        decoder, table = self._decoder, self._table
        try:
            for _ in range(_READS):
                count = self._socket.recv_into(decoder.space())
                if not count:
                    self._lose("")
                    return
                for frame in decoder.received(count):
                    entry = table.get(frame.id)
                    if entry is None or frame.kind == LOG:
                        self._take(frame)
                    elif entry.take(frame):
                        table.pop(frame.id, None)
                if self._closed or not decoder.inside:
                    return
        except BlockingIOError:
            return
        except FrameError as error:
            self._lose(f"broke the worker protocol: {error}")
        except OSError:
            # A process that dies with frames unread resets its stream: how it ended says more than that it did.
            self._lose("")

    def _take(self, frame: Frame) -> None:
        if frame.kind == LOG:
            self._logged(decode(pb.Log, frame))
            return
        entry = self._table.get(frame.id)
        if entry is None:
            raise FrameError(f"a frame of kind {frame.kind} for {frame.id}, which is not open")
        if entry.take(frame):
            self._table.pop(frame.id, None)

    def _lose(self, reason: str) -> None:
        # Whoever is told decides when to close: first it looks why the process ended.
        self._loop.remove_reader(self._socket.fileno())
        self._lost(reason)
