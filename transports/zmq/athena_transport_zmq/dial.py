"""A client's socket: made, and made anew when its connection is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import zmq

from .connections import Followed
from .wire import Received, Wire

__all__ = ["Dial", "Keys"]

LINGER_MS = 200
_WAITING = 100_000  # messages in libzmq's queues: only what callers have asked for gets there

Keys = tuple[bytes, bytes, bytes]
"""CURVE: the server's public key, one's own public and secret key."""


class Dial:
    """One DEALER at a time.

    Args:
        address: ``host:port``.
        max_message: Bytes of one message; the socket's own bound is twice that.
        keys: For CURVE; None for plain connections.
        received: Gets each message.
        told: Gets each event of the connection.

    Attributes:
        wire: What to send through; None before ``open`` and after ``stop``.
    """

    def __init__(
        self, address: str, max_message: int, keys: Keys | None, received: Received, told: Callable[[int, int], None]
    ) -> None:
        self._address = address
        self._max_message = max_message
        self._keys = keys
        self._received = received
        self._told = told
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._followed: Followed | None = None
        self._stopped = False
        self.wire: Wire | None = None

    def open(self) -> None:
        """Connect; libzmq tries until somebody is there."""
        if self._stopped:
            return
        dealer = self._context.socket(zmq.DEALER)
        dealer.setsockopt(zmq.LINGER, LINGER_MS)
        dealer.setsockopt(zmq.SNDHWM, _WAITING)
        dealer.setsockopt(zmq.RCVHWM, _WAITING)
        dealer.setsockopt(zmq.MAXMSGSIZE, 2 * self._max_message)
        dealer.setsockopt(zmq.HEARTBEAT_IVL, 5000)
        dealer.setsockopt(zmq.HEARTBEAT_TIMEOUT, 15000)
        dealer.setsockopt(zmq.RECONNECT_IVL_MAX, 2000)
        dealer.setsockopt(zmq.IPV6, int("[" in self._address))
        if self._keys is not None:
            dealer.curve_serverkey, dealer.curve_publickey, dealer.curve_secretkey = self._keys
        self._followed = Followed(dealer, self._told)
        self.wire = Wire(dealer, self._received)
        self.wire.open()
        dealer.connect(f"tcp://{self._address}")

    def again(self) -> None:
        """A new socket: what the last one did not get rid of is not for the next server."""
        self._close(0)
        self.open()

    async def stop(self) -> None:
        """Close for good."""
        self._stopped = True
        self._close(LINGER_MS)
        await asyncio.to_thread(self._context.term)

    def _close(self, linger_ms: int) -> None:
        followed, self._followed = self._followed, None
        wire, self.wire = self.wire, None
        if followed is not None:
            followed.close()
        if wire is not None:
            wire.close(linger_ms)
