"""ZAP, the check of every connection before a byte of it is delivered: loopback, or a known key.

Without it libzmq delivers what anybody writes to the port in the oldest version of its protocol (even a web browser's
request), so it is always on, on loopback too.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Collection

import zmq
from zmq.utils import z85

__all__ = ["DOMAIN", "Zap", "is_loopback", "plain"]

DOMAIN = b"athena"
_ENDPOINT = "inproc://zeromq.zap.01"
_FRAMES = 6  # version, request id, domain, address, identity, mechanism; credentials follow


class Zap:
    """Answers the questions of one context; it must be bound before the socket it guards.

    Args:
        context: The context of the guarded socket.
        keys: Public keys (Z85) of the clients that may come in by CURVE; empty admits every client that knows the
            server's key.
        room: Asked for each new connection: is there room for one more from that address?
    """

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], keys: Collection[str], room: Callable[[str], bool]
    ) -> None:
        self._keys = frozenset(keys)
        self._room = room
        self._socket = context.socket(zmq.REP)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(_ENDPOINT)
        self._loop = asyncio.get_running_loop()
        self._fd = int(self._socket.getsockopt(zmq.FD))
        self._open = False
        self.refused = 0

    def open(self) -> None:
        """Begin to answer; until then who connects waits."""
        self._open = True
        self._loop.add_reader(self._fd, self.turn)
        self._loop.call_soon(self.turn)

    def turn(self) -> None:
        """Answer every question there is."""
        try:
            while True:
                question = self._socket.recv_multipart(zmq.NOBLOCK)
                self._socket.send_multipart(self._answer(question), zmq.NOBLOCK)
        except zmq.ZMQError:  # Again: nothing more; or closed
            return

    def close(self) -> None:
        """Answer no longer; libzmq then refuses everybody."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._fd)
        self._socket.close(0)

    def _answer(self, question: list[bytes]) -> list[bytes]:
        if len(question) < _FRAMES or question[0] != b"1.0":
            number = question[1] if len(question) > 1 else b""
            return [b"1.0", number, b"500", b"malformed question", b"", b""]
        _, number, domain, address, _, mechanism, *credentials = question
        status, text, user = self._judge(domain, address, mechanism, credentials)
        if status != b"200":
            self.refused += 1
        return [b"1.0", number, status, text, user, b""]

    def _judge(
        self, domain: bytes, address: bytes, mechanism: bytes, credentials: list[bytes]
    ) -> tuple[bytes, bytes, bytes]:
        if domain != DOMAIN:
            return b"400", b"unknown domain", b""
        where = address.decode("ascii", "replace")
        if not self._room(where):
            return b"300", b"too many connections", b""
        if mechanism == b"CURVE" and len(credentials) == 1 and len(credentials[0]) == 32:
            key = z85.encode(credentials[0]).decode()
            if not self._keys or key in self._keys:
                return b"200", b"", key.encode()
            return b"400", b"unknown key", b""
        if mechanism == b"NULL" and is_loopback(where):
            return b"200", b"", b""
        return b"400", b"this mechanism is for loopback only", b""


def is_loopback(address: str) -> bool:
    """Whether an address cannot be reached from another machine."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(plain(address)).is_loopback
    except ValueError:
        return False


def plain(address: str) -> str:
    """One spelling for one address: IPv4 as such, also where it came in over IPv6; what is no address as it is."""
    try:
        parsed = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return address
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
