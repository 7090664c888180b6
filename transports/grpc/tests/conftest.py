"""A gRPC server behind a dispatcher that stands in for the kernel's, and a bare client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import pytest

from athena.models import Attempt, Limits, Principal
from athena.testing.stand_in import StandIn, StandInContext
from athena_transport_grpc.plugin import Grpc
from athena_transport_grpc.server import GrpcServer


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

    def __init__(self, dispatcher: Seen, server: GrpcServer, url: str) -> None:
        self.dispatcher = dispatcher
        self.server = server
        self.url = url
        self.target = url.partition("://")[2]


Serve = Callable[..., Awaitable[Served]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[GrpcServer] = []

    async def start(
        dispatcher: Seen | None = None, *, accept: bool = True, limit: int = 1 << 20, **keys: Any
    ) -> Served:
        dispatcher = dispatcher or Seen()
        context = StandInContext("transports.grpc", dispatcher, Limits(max_message=limit))
        server = GrpcServer(Grpc.Section(**{"port": 0, **keys}), context)
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
async def bare(served: Served) -> AsyncIterator[grpc.aio.Channel]:
    """gRPC's own channel: bytes in, bytes out."""
    async with grpc.aio.insecure_channel(served.target) as channel:
        yield channel
