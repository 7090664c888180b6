"""A ZeroMQ socket on an asyncio loop: drained in batches, never awaited message by message.

The descriptor of a ZeroMQ socket is edge-triggered in a way of its own: it only says that *something* happened, and any
send or receive may swallow that word. So two rules: a turn receives until there is nothing more, and every send outside
of a turn is followed by one (many sends share it).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import zmq

from athena_proto.native import LARGE, MAX_SEGMENTS

__all__ = ["Buffer", "Lost", "Received", "Wire"]

Buffer = bytes | memoryview
Received = Callable[[bytes, zmq.Frame, Buffer, Sequence[Buffer], bool], None]
"""Identity (b"" without a ROUTER), head, message, segments, and whether there were more frames than allowed."""

# Plain numbers: an operation on zmq's flags, which are enums, takes as long as a send.
_NOW = int(zmq.NOBLOCK)
_MORE = int(zmq.NOBLOCK | zmq.SNDMORE)
_READABLE = int(zmq.POLLIN)
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
        # The methods of the class below: what zmq.Socket adds to send costs more than sending.
        below: Any = super(zmq.Socket, socket)  # Any: the class below has no name that is public
        self._send: Callable[[Buffer, int, bool], object] = below.send
        self._recv: Callable[..., Any] = below.recv  # Any: bytes, or a Frame where nothing is copied
        self._events: Callable[[], int] = partial(below.get, int(zmq.EVENTS))
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
        send = self._send
        try:
            # Without a copy only where it pays: handing over a buffer costs more than copying a small one.
            for frame in frames[:-1]:
                send(frame, _MORE, len(frame) < LARGE)
            frame = frames[-1]
            send(frame, _NOW, len(frame) < LARGE)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno in (zmq.EHOSTUNREACH, zmq.ENOTSOCK, zmq.ETERM):
                raise Lost from None
            raise
        finally:
            if not self._turning:
                self.soon()
        return True

    def turn(self) -> None:
        """Receive until there is nothing more, or until others should have a turn."""
        self._turning = True
        try:
            # Asking is cheaper than failing to receive, and once there was one message there are often more.
            if not self._events() & _READABLE:
                self._turning = False
                return
            left = BATCH - self._take()
            if self._open and not self._events() & _READABLE:
                self._turning = False
                return
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
        recv = self._recv
        identity = recv(_NOW) if self._routed else b""
        # The rest of a message is there when its first frame is.
        head = recv(_NOW, False)
        if not head.more:
            self._received(identity, head, b"", (), False)
            return 2
        frame = recv(_NOW, False)
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
            frame = recv(_NOW, False)
            segments.append(frame.buffer.toreadonly())
            more = bool(frame.more)
        self._received(identity, head, data, segments, False)
        return len(segments) + 3

    def _skip(self) -> int:
        for count in range(1, BATCH + 1):
            if not self._recv(_NOW, False).more:
                self._skipping = False
                return count
        return BATCH
