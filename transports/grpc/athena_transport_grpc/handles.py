"""Sessions by the handles that upstream's clients know them by, which also say where to come back to."""

from __future__ import annotations

import secrets
import socket
from collections import deque

from athena.errors import Fault, ServiceError
from athena.interfaces import Dispatcher, Session
from athena.models import Expectation, Principal

from .order import Order

__all__ = ["Handles", "Key", "Stream"]

_GONE = 1000
"""Handles of sessions that have ended and are still known: asking for one of those is another error (10101)."""
_LOOK = 256
"""Sessions that begin between two looks for those that have ended without their client."""

Key = tuple[str, str, str]
"""The guard, the caller and the handle: a handle is its caller's own."""


class Stream:
    """A session: its results are numbered, its packets put in order.

    Attributes:
        reading: Whether a packet's answer waits for the next result.
    """

    def __init__(self, session: Session, service: str, expect: tuple[Expectation, ...], first: int) -> None:
        self.session = session
        self.service = service
        self.expect = expect
        self.order = Order(first)
        self.reading = False
        self._numbers: dict[str, int] = {}

    def seq(self, key: str) -> int:
        """Results of a session are numbered from 1."""
        self._numbers[key] = self._numbers.get(key, 0) + 1
        return self._numbers[key]


class Handles:
    """One per server.

    Attributes:
        peer: The server's address, ``IPV4:PORT``.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.peer = ""
        self._dispatcher = dispatcher
        self._place = "0" * 13
        self._streams: dict[Key, Stream] = {}
        self._gone: deque[Key] = deque(maxlen=_GONE)
        self._begun = 0

    def listens(self, host: str, port: int) -> None:
        """Where the server is: clients find their way back by the address in a handle."""
        number = _address(host)
        self.peer = f"{socket.inet_ntoa(number)}:{port}"
        self._place = f"0{number.hex()}{port:04x}"

    def mint(self) -> str:
        """A new one: 52 random bits where upstream counts, for whoever has the handle has the session."""
        return self._place + secrets.token_hex(7)[:13]

    def keep(self, key: Key, stream: Stream) -> None:
        """A session has begun."""
        self._begun += 1
        if self._begun % _LOOK == 0:
            self._look()
        self._streams[key] = stream

    def find(self, key: Key, principal: Principal) -> Stream:
        """The session of a handle.

        Raises:
            ServiceError: SESSION_CLOSED for one that has ended, NOT_FOUND for one nobody ever had, or that idled away.
        """
        stream = self._streams.get(key)
        if stream is None and key in self._gone:
            raise ServiceError(Fault.SESSION_CLOSED, "the session has ended, and was given back")
        if stream is None:
            raise ServiceError(Fault.NOT_FOUND, "no session has this handle; begin one with SeqNo 1")
        try:
            self._dispatcher.session(key[2], principal)
        except ServiceError:
            self.forget(key)
            raise
        return stream

    def forget(self, key: Key) -> None:
        """It has ended."""
        if self._streams.pop(key, None) is not None:
            self._gone.append(key)

    def _look(self) -> None:
        """Forget the sessions that the kernel has ended: idle ones, or those of a wrapper that went away."""
        for key in list(self._streams):
            try:
                self._dispatcher.session(key[2], Principal(key[1], key[0]))
            except ServiceError:
                self.forget(key)


def _address(host: str) -> bytes:
    """An IPv4 address of this machine, for the handle has room for nothing else."""
    try:
        number = socket.inet_aton(socket.gethostbyname(host))
    except OSError:
        number = b"\0\0\0\0"
    if number != b"\0\0\0\0":
        return number
    try:
        return socket.inet_aton(socket.gethostbyname(socket.gethostname()))
    except OSError:
        return socket.inet_aton("127.0.0.1")
