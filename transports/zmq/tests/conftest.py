"""A ZeroMQ server behind a dispatcher that stands in for the kernel's, and a bare client of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import zmq

from athena.models import Attempt, Limits, Principal
from athena.testing.stand_in import StandIn, StandInContext
from athena_transport_zmq.envelope import HEAD, pack
from athena_transport_zmq.server import Zmq, ZmqServer


class Seen(StandIn):
    """Remembers who tried what; ``principal`` is who they all are."""

    def __init__(self) -> None:
        super().__init__()
        self.attempts: list[Attempt] = []
        self.principal = Principal("ann")

    async def authenticate(self, attempt: Attempt) -> Principal:
        self.attempts.append(attempt)
        return self.principal


class Served:
    """One server, accepting."""

    def __init__(self, dispatcher: Seen, server: ZmqServer, url: str) -> None:
        self.dispatcher = dispatcher
        self.server = server
        self.url = url
        self.port = int(url.rpartition(":")[2])


class Bare:
    """A DEALER and nothing else: what a client in another language has."""

    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        self.socket = socket

    def send(self, operation: int, number: int, message: bytes = b"", *segments: bytes, headers: bytes = b"") -> None:
        self.socket.send_multipart([pack(operation, number, headers), message, *segments])

    async def receive(self, within: float = 5.0) -> tuple[int, int, bytes, list[bytes]]:
        """Operation, id, message, segments."""
        for _ in range(int(within / 0.005)):
            try:
                head, message, *segments = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                await asyncio.sleep(0.005)
                continue
            _, operation, number = HEAD.unpack(head)
            return operation, number, message, segments
        raise AssertionError(f"nothing came within {within} s")

    async def silence(self, seconds: float = 0.2) -> None:
        """Nothing comes."""
        await asyncio.sleep(seconds)
        with pytest.raises(zmq.Again):
            self.socket.recv_multipart(zmq.NOBLOCK)

    def close(self) -> None:
        self.socket.close(0)


Serve = Callable[..., Awaitable[Served]]
Connect = Callable[..., Bare]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[ZmqServer] = []

    async def start(*, accept: bool = True, limit: int = 1 << 20, **keys: Any) -> Served:
        dispatcher = Seen()
        context = StandInContext("transports.zmq", dispatcher, Limits(max_message=limit))
        server = ZmqServer(Zmq.Section(**{"port": 0, **keys}), context)
        servers.append(server)
        endpoints = await server.start()
        if accept:
            await server.accept()
        return Served(dispatcher, server, endpoints[0].url)

    yield start
    for server in servers:
        await server.stop()


@pytest.fixture
async def served(serve: Serve) -> Served:
    return await serve()


@pytest.fixture
def connect() -> Iterator[Connect]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()

    def connected(served: Served, source: str = "", **options: Any) -> Bare:
        socket = context.socket(zmq.DEALER)
        socket.setsockopt(zmq.LINGER, 0)
        for name, value in options.items():
            setattr(socket, name, value)
        socket.connect(f"tcp://{source}127.0.0.1:{served.port}")
        return Bare(socket)

    yield connected
    context.destroy(0)


@pytest.fixture
def bare(served: Served, connect: Connect) -> Bare:
    return connect(served)
