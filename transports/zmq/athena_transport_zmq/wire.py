"""A ZeroMQ socket on an asyncio loop: drained in batches, never awaited message by message.

The descriptor of a ZeroMQ socket is edge-triggered in a way of its own: it only says that *something* happened, and any
send or receive may swallow that word. So two rules: a turn receives until there is nothing more, and every send outside
of a turn is followed by one (many sends share it).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import zmq

from athena_proto.native import LARGE, MAX_SEGMENTS

__all__ = ["Buffer", "Lost", "Received", "Wire"]

Buffer = bytes | memoryview
Received = Callable[[bytes, zmq.Frame, Buffer, Sequence[Buffer], bool], None]
"""Identity (b"" without a ROUTER), head, message, segments, and whether there were more frames than allowed."""

BATCH = 256
"""Frames received before the loop's other callbacks have a turn."""


class Lost(Exception):
    """The peer's connection is gone."""


class Wire:
    """One socket.

    Args:
        socket: A ROUTER or a DEALER.
        received: Called for each message, from within a turn; it must not raise.
    """

    def __init__(self, socket: zmq.Socket[bytes], received: Received) -> None:
        self._socket = socket
        self._routed = socket.type == zmq.ROUTER
        self._received = received
        self._loop = asyncio.get_running_loop()
        self._fd = int(socket.getsockopt(zmq.FD))
        self._turning = False  # a turn is running or has been asked for
        self._skipping = False  # in the middle of a message that is thrown away
        self._open = False

    def open(self) -> None:
        """Begin to receive."""
        self._open = True
        self._loop.add_reader(self._fd, self.turn)
        self.soon()

    def close(self, linger_ms: int) -> None:
        """Close the socket; what was sent has so long to leave."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._fd)
        self._socket.close(linger_ms)

    def soon(self) -> None:
        """Ask for a turn, once."""
        if not self._turning:
            self._turning = True
            self._loop.call_soon(self.turn)

    def send(self, frames: Sequence[Buffer]) -> bool:
        """Send one message.

        Returns:
            False when the peer's queue is full: nothing was sent.

        Raises:
            Lost: There is no such peer any more.
        """
        socket = self._socket
        last = len(frames) - 1
        try:
            for number, frame in enumerate(frames):
                flags = zmq.NOBLOCK if number == last else zmq.NOBLOCK | zmq.SNDMORE
                # Without a copy only where it pays: handing over a buffer costs more than copying a small one.
                socket.send(frame, flags, len(frame) < LARGE)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno in (zmq.EHOSTUNREACH, zmq.ENOTSOCK, zmq.ETERM):
                raise Lost from None
            raise
        finally:
            self.soon()
        return True

    def turn(self) -> None:
        """Receive until there is nothing more, or until others should have a turn."""
        self._turning = True
        try:
            left = BATCH
            while self._open and left > 0:
                left -= self._take()
        except zmq.Again:
            self._turning = False
            return
        except zmq.ZMQError:
            self._turning = False  # closed meanwhile
            return
        if self._open:
            self._loop.call_soon(self.turn)

    def _take(self) -> int:
        """Receive one message, or go on skipping one; says how many frames that were."""
        if self._skipping:
            return self._skip()
        recv = self._socket.recv
        identity = recv(zmq.NOBLOCK) if self._routed else b""
        # The rest of a message is there when its first frame is.
        head = recv(zmq.NOBLOCK, False)
        if not head.more:
            self._received(identity, head, b"", (), False)
            return 2
        frame = recv(zmq.NOBLOCK, False)
        data = frame.bytes if len(frame) < LARGE else frame.buffer.toreadonly()
        if not frame.more:
            self._received(identity, head, data, (), False)
            return 3
        segments: list[Buffer] = []
        more = True
        while more:
            if len(segments) == MAX_SEGMENTS:
                self._skipping = True
                self._received(identity, head, b"", (), True)
                return len(segments) + 3
            frame = recv(zmq.NOBLOCK, False)
            segments.append(frame.buffer.toreadonly())
            more = bool(frame.more)
        self._received(identity, head, data, segments, False)
        return len(segments) + 3

    def _skip(self) -> int:
        for count in range(1, BATCH + 1):
            if not self._socket.recv(zmq.NOBLOCK, False).more:
                self._skipping = False
                return count
        return BATCH
