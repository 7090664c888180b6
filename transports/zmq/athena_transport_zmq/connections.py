"""Which connections a socket has, as libzmq tells it: who goes is noticed at once, not when he is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import zmq

__all__ = ["Followed"]


class Followed:
    """The events of a socket's connections, as they happen."""

    def __init__(self, socket: zmq.Socket[bytes], told: Callable[[int, int], None]) -> None:
        wanted = (
            zmq.EVENT_ACCEPTED
            | zmq.EVENT_DISCONNECTED
            | zmq.EVENT_CLOSED
            | zmq.EVENT_HANDSHAKE_SUCCEEDED
            | zmq.EVENT_HANDSHAKE_FAILED_AUTH
        )
        self._watched = socket
        self._socket = socket.get_monitor_socket(wanted)
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._fd = int(self._socket.getsockopt(zmq.FD))
        self._loop.add_reader(self._fd, self.turn)
        self._loop.call_soon(self.turn)

    def turn(self) -> None:
        """Tell every event there is."""
        with suppress(zmq.ZMQError):  # Again: nothing more; or closed
            while True:
                frame = self._socket.recv(zmq.NOBLOCK)
                self._socket.recv(zmq.NOBLOCK)  # the endpoint
                self._told(int.from_bytes(frame[:2], "little"), int.from_bytes(frame[2:6], "little", signed=True))

    def close(self) -> None:
        """Follow no longer."""
        self._loop.remove_reader(self._fd)
        self._watched.disable_monitor()
        self._socket.close(0)
