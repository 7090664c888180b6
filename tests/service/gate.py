"""An executor that executes for as long as its gate is shut, and a service before it: limits are tested alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

from athena.executors.clock import Clock
from athena.interfaces import Executor, Session
from athena.link.token import Token
from athena.models import Change, Description, Health, Part, Reply, Request, ServiceSettings
from athena.service import Service

ONCE = frozenset({"once"})


class Gate(Executor):
    """Executes for as long as its gate is shut, and counts."""

    def __init__(self, description: Description | None = None) -> None:
        self.description = description or Description(operations=ONCE)
        self.gate = asyncio.Event()
        self.running = 0
        self.most = 0
        self.began = 0
        self.failure: Exception | None = None
        self.sessions: list[Session] = []

    async def start(self) -> Description | None:
        if self.failure is not None:
            raise self.failure
        return self.description

    async def describe(self, service: str) -> Description:
        return self.description

    async def once(self, request: Request) -> Reply:
        self._begin(request)
        try:
            await self.gate.wait()
            if self.failure is not None:
                raise self.failure
            return Reply(request.parts)
        finally:
            self.running -= 1

    async def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        self._begin(request)
        try:
            for _ in range(3):
                yield Reply(request.parts)
            await self.gate.wait()
            yield Reply()
        finally:
            self.running -= 1

    async def open(self, request: Request) -> Session:
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return Session.__new__(Session)

    async def check(self, change: Change) -> bool:
        return True

    async def reload(self, change: Change) -> None: ...

    def health(self) -> Health:
        return Health(True)

    async def drain(self) -> None: ...

    async def stop(self, grace: float | None = None) -> None: ...

    def _begin(self, request: Request) -> None:
        assert isinstance(request.cancellation, Token)
        request.cancellation.started = True
        self.began += 1
        self.running += 1
        self.most = max(self.most, self.running)


def request(*parts: Part, within: float = 30.0, service: str = "s", **params: str) -> Request:
    return Request(service, "sid", parts, params, deadline=time.monotonic() + within, cancellation=Token())


async def serving(gate: Gate, **settings: Any) -> Service:
    """Lanes enough for every slot: the service itself is the bound."""
    service = Service(
        ServiceSettings("s", **{"threads": 64, "max_concurrency": 4, "queue": 8, **settings}),
        gate,
        Clock(),
        lambda: None,
    )
    await service.start()
    return service
