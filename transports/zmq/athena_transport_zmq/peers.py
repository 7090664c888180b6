"""One connected client: what it runs here, and what waits to be sent to it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from athena.errors import Executed, Fault, ServiceError
from athena.models import Reply
from athena_proto.answers import internal
from athena_proto.native import encode_reply

from .envelope import Operation, pack
from .faults import encoded
from .flow import Flow
from .wire import Buffer, Lost, Wire

__all__ = ["Inward", "Peer"]

MAX_WAITING = 1024
"""Messages that wait for one peer whose connection takes no more; beyond that the peer is given up."""
RETRY = 0.01
"""Seconds between attempts to send to such a peer: libzmq does not say when a ROUTER's peer takes more."""


class Inward(Protocol):
    """Where the writes of an attached session go."""

    def put(self, data: Buffer, segments: Sequence[Buffer]) -> None: ...


class Peer:
    """A client, for as long as its connection lasts. Its identity is the server's own invention.

    Attributes:
        address: Where it is, as guards see it.
        tasks: What runs for it, by the id it chose; taken out when it is cancelled.
        flows: Streams and sessions that send to it.
        inward: Attached sessions that it writes to.
    """

    __slots__ = (
        "_identity",
        "_log",
        "_lost",
        "_waiting",
        "_wire",
        "address",
        "fd",
        "flows",
        "inward",
        "tasks",
    )

    def __init__(
        self, identity: bytes, fd: int, address: str, wire: Wire, lost: Callable[[Peer], None], log: logging.Logger
    ) -> None:
        self._identity = identity
        self._wire = wire
        self._lost = lost
        self._log = log
        self._waiting: deque[Sequence[Buffer]] = deque()
        self.fd = fd
        self.address = address
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self.flows: dict[int, Flow] = {}
        self.inward: dict[int, Inward] = {}

    @property
    def identity(self) -> bytes:
        """How the ROUTER finds it."""
        return self._identity

    def send(self, operation: int, number: int, data: Buffer = b"", segments: Sequence[Buffer] = ()) -> None:
        """Send, or keep for later while its connection takes no more; to a peer that is gone: nothing."""
        frames = (self._identity, pack(operation, number), data, *segments)
        try:
            if not self._waiting and self._wire.send(frames):
                return
        except Lost:
            self._lost(self)
            return
        self._wait(frames)

    def reply(self, operation: int, number: int, reply: Reply, sid: str = "") -> None:
        """Send a reply."""
        segments: list[Buffer] = []
        self.send(operation, number, encode_reply(reply, sid, segments), segments)

    def fault(self, number: int, error: BaseException) -> None:
        """Send what went wrong; a bug of ours as an id alone."""
        fault = error if isinstance(error, ServiceError) else internal(error, self._log)
        self.send(Operation.FAULT, number, encoded(fault))

    def cancel(self, number: int) -> None:
        """The client wants no answer any more."""
        task = self.tasks.pop(number, None)
        if task is not None:
            task.cancel()

    def gone(self) -> None:
        """Its connection ended: so does all it runs, and nothing is sent."""
        self._waiting.clear()
        for number in list(self.tasks):
            self.cancel(number)

    def _wait(self, frames: Sequence[Buffer]) -> None:
        waiting = self._waiting
        if not waiting:
            asyncio.get_running_loop().call_later(RETRY, self._again)
        if len(waiting) < MAX_WAITING:
            waiting.append(frames)
            return
        # It has not read for a thousand messages. Nothing is dropped silently: one fault for the whole connection.
        waiting.clear()
        text = "this client does not read its replies; all its calls have ended"
        error = ServiceError(Fault.OVERLOADED, text, executed=Executed.UNKNOWN)
        waiting.append((self._identity, pack(Operation.FAULT, 0), encoded(error)))
        for number in list(self.tasks):
            self.cancel(number)

    def _again(self) -> None:
        waiting = self._waiting
        try:
            while waiting and self._wire.send(waiting[0]):
                waiting.popleft()
        except Lost:
            self._lost(self)
            return
        if waiting:
            asyncio.get_running_loop().call_later(RETRY, self._again)
