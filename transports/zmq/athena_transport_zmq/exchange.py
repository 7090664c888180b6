"""Between the wire and the operations: which peer speaks, what it asks, and what happens when it goes."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress

import zmq

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import PluginContext
from athena_proto.answers import internal

from .calls import Act, Runner
from .connections import Followed
from .envelope import HEAD, MAX_FRAMES, VERSION, Operation, pack
from .faults import encoded
from .peers import Peer
from .sessions import granted
from .wire import Buffer, Lost, Wire
from .zap import plain

__all__ = ["Exchange"]

_NEW_WORK = frozenset(
    {Operation.ONCE, Operation.STREAM, Operation.OPEN, Operation.OPEN_DETACHED, Operation.LOAD_RESOURCE}
)
_OURS = 5  # bytes of an identity that the ROUTER made: a zero, and a number that no other connection ever has


class Exchange:
    """Every peer of one server."""

    def __init__(self, context: PluginContext, max_connections: int, per_address: int) -> None:
        """Args:
        per_address: Connections of one client address; 0 for no bound.
        """
        self._log = context.log
        self._max_connections = max_connections
        self._per_address = per_address
        self._connections: dict[int, str] = {}
        self._peers: dict[bytes, Peer] = {}
        self._by_fd: dict[int, Peer] = {}
        self._acts: Mapping[int, tuple[str, Act]] = {}
        self._draining = False

    def serve(self, runner: Runner, acts: Mapping[int, tuple[str, Act]]) -> None:
        """Say what is done for each operation."""
        self._runner = runner
        self._acts = acts

    def attach(self, wire: Wire, followed: Followed) -> None:
        """Say what it speaks through."""
        self._wire = wire
        self._followed = followed

    def room(self, address: str) -> bool:
        """Whether one more connection may come in from there; the one that asks is counted already."""
        self._followed.turn()
        if len(self._connections) > self._max_connections:
            return False
        return not self._per_address or list(self._connections.values()).count(plain(address)) <= self._per_address

    def connection(self, event: int, fd: int) -> None:
        """A connection came or went."""
        if event == zmq.EVENT_ACCEPTED:
            self._connections[fd] = plain(_peer(fd)[0])
        elif event in (zmq.EVENT_DISCONNECTED, zmq.EVENT_CLOSED):
            self._connections.pop(fd, None)
            peer = self._by_fd.get(fd)
            if peer is not None:
                self._lost(peer)

    def received(
        self, identity: bytes, frame: zmq.Frame, data: Buffer, segments: Sequence[Buffer], too_many: bool
    ) -> None:
        """One message; called from within the wire's turn, so nothing may be raised."""
        try:
            peer = self._peers.get(identity) or self._arrived(identity, frame)
            if peer is not None:
                self._take(peer, frame.bytes, data, segments, too_many)
        except Exception as error:
            internal(error, self._log)

    def drain(self) -> None:
        """No new work; every peer is told."""
        if not self._draining:
            self._draining = True
            for peer in list(self._peers.values()):
                peer.send(Operation.DRAINING, 0)

    async def stop(self, grace: float) -> None:
        """End what is left after ``grace`` seconds, each with a fault of its own."""
        self.drain()
        tasks = {task for peer in self._peers.values() for task in peer.tasks.values()}
        if tasks and grace > 0:
            _, tasks = await asyncio.wait(tasks, timeout=grace)
        error = ServiceError(Fault.UNAVAILABLE, "the server is shutting down", executed=Executed.UNKNOWN)
        for peer in list(self._peers.values()):
            for number in list(peer.tasks):
                peer.fault(number, error)
                peer.cancel(number)
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)

    def _take(self, peer: Peer, head: bytes, data: Buffer, segments: Sequence[Buffer], too_many: bool) -> None:
        if len(head) < HEAD.size or head[0] != VERSION:
            peer.fault(0, ServiceError(Fault.BAD_REQUEST, f"head: expected version {VERSION}, operation, id, headers"))
            return
        _, operation, number = HEAD.unpack_from(head)
        if too_many:
            text = f"frames: more than {MAX_FRAMES - 1} in one message; put further data into the message itself"
            peer.fault(number, ServiceError(Fault.BAD_REQUEST, text))
        elif operation in self._acts:
            if self._draining and operation in _NEW_WORK:
                peer.fault(number, ServiceError(Fault.UNAVAILABLE, "the server is shutting down", retry_after=1.0))
                return
            name, act = self._acts[operation]
            self._runner.start(name, act, peer, number, head, data, segments)
        elif operation == Operation.WRITE:
            inward = peer.inward.get(number)
            if inward is not None:  # else the session has ended, and the client is being told why
                inward.put(data, segments)
        elif operation == Operation.CREDIT:
            self._credit(peer, number, data)
        elif operation == Operation.CANCEL:
            peer.cancel(number)
        elif operation == Operation.PING:
            peer.send(Operation.PONG, number)
        else:
            peer.fault(number, ServiceError(Fault.UNSUPPORTED, f"operation {operation}: unknown to this server"))

    def _credit(self, peer: Peer, number: int, data: Buffer) -> None:
        try:
            granted(peer, number, data)
        except ServiceError as error:
            peer.fault(number, error)
            peer.cancel(number)

    def _arrived(self, identity: bytes, frame: zmq.Frame) -> Peer | None:
        """The first message of a connection; None for one that is to be forgotten."""
        # First hear which connections have gone: their descriptors are used again.
        self._followed.turn()
        fd = frame.get(zmq.SRCFD)
        if not isinstance(fd, int) or fd not in self._connections:
            return None  # gone already: nobody waits for an answer
        if len(identity) != _OURS or identity[0] != 0:
            # A chosen identity could be taken over by the next connection, and with it the replies.
            error = ServiceError(Fault.BAD_REQUEST, "this server names its peers itself: do not set ZMQ_ROUTING_ID")
            with suppress(Lost):
                self._wire.send((identity, pack(Operation.FAULT, 0), encoded(error)))
            return None
        stale = self._by_fd.get(fd)
        if stale is not None:
            self._lost(stale)
        peer = Peer(identity, fd, _address(fd, frame), self._wire, self._lost, self._log)
        self._peers[identity] = self._by_fd[fd] = peer
        return peer

    def _lost(self, peer: Peer) -> None:
        if self._peers.pop(peer.identity, None) is not None:
            self._by_fd.pop(peer.fd, None)
            peer.gone()


def _address(fd: int, frame: zmq.Frame) -> str:
    """Where a peer is, ``host:port``."""
    host, port = str(frame.get("Peer-Address")), _peer(fd)[1]
    return f"{host}:{port}" if port else host


def _peer(fd: int) -> tuple[str, int]:
    """Address and port of a connection's other end; "" and 0 where it has gone."""
    try:
        with socket.socket(fileno=os.dup(fd)) as copy:
            host, port, *_ = copy.getpeername()
            return host, port
    except (OSError, ValueError):
        return "", 0
