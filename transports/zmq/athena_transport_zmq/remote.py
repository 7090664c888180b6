"""Sessions of another kernel, seen from here."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from attrs import evolve

from athena.errors import Fault, ServiceError
from athena.interfaces import Session
from athena.models import EMPTY, Reply, Request, Stage
from athena_proto import inference_pb2 as pb
from athena_proto.native import decode_reply

from .envelope import Operation
from .inflow import Inflow
from .link import Link
from .wire import Buffer

__all__ = ["Attached", "Caller", "Detached"]

_NOTHING_YET = Reply((), Stage.CONTINUE)


class Caller(Protocol):
    """What a session asks of its channel."""

    @property
    def link(self) -> Link: ...

    @property
    def headers(self) -> bytes: ...

    def encode(self, request: Request, alias: str = "") -> tuple[bytes, bytes, list[Buffer]]: ...


class Attached(Session):
    """A session that ends with its connection."""

    def __init__(self, caller: Caller, link: Link, number: int, inflow: Inflow, sid: str) -> None:
        self.sid = sid
        self._caller = caller
        self._link = link
        self._number = number
        self._inflow = inflow
        self._half_closed = False
        self._over = False

    @classmethod
    async def opened(cls, caller: Caller, link: Link, number: int, inflow: Inflow) -> Attached:
        """Wait until the other side says that it is open."""
        try:
            message = await inflow.next()
            if message is None or message[0] != Operation.OPENED:
                raise ServiceError(Fault.INTERNAL, "the server answered OPEN with something else")
            return cls(caller, link, number, inflow, decode_reply(message[1])[1])
        except BaseException:
            link.forget(number, cancel=True)
            raise

    async def write(self, request: Request) -> None:
        inflow = self._inflow
        if not self._half_closed and not inflow.flow.open:
            await inflow.flow.wait()
        if self._half_closed or self._over or inflow.over:
            raise ServiceError(Fault.SESSION_CLOSED, "the session's input has ended: no write is possible")
        if len(request.parts) == 1 and not request.parts[0].key and request.parts[0].stage is Stage.END:
            self._half_closed = True
        _, data, segments = self._caller.encode(evolve(request, service="", sid="", headers=EMPTY, deadline=None))
        inflow.flow.spend(len(data) + sum(map(len, segments)))
        self._link.send(Operation.WRITE, self._number, b"", data, segments)

    async def read(self, wait: float | None = None) -> Reply:
        if self._over:
            raise ServiceError(Fault.SESSION_CLOSED, "the session has ended")
        try:
            message = await self._inflow.next(wait)
        except ServiceError:
            self._ended()
            raise
        if message is None:
            return _NOTHING_YET
        reply, _ = decode_reply(message[1], message[2])
        if reply.stage is Stage.END:
            self._ended()
        return reply

    async def close(self, reason: Fault | None = None) -> None:
        if not self._over:
            self._over = True
            self._link.forget(self._number, cancel=True)
            # Whoever still waits, to read or to write, is told here: no answer will come any more.
            self._inflow.fail(ServiceError(Fault.SESSION_CLOSED, "the session was closed at this end"))

    def _ended(self) -> None:
        self._over = True
        self._link.forget(self._number)


class Detached(Session):
    """A session that each call finds by its sid or alias."""

    def __init__(self, caller: Caller, key: str) -> None:
        self.sid = key
        self._caller = caller

    async def write(self, request: Request) -> None:
        caller = self._caller
        headers, data, segments = caller.encode(evolve(request, service="", sid=self.sid))
        await caller.link.ask(Operation.WRITE_DETACHED, headers, data, segments, request.deadline)

    async def read(self, wait: float | None = None) -> Reply:
        asked = pb.ReadRequest(sid=self.sid)
        if wait is not None:
            asked.wait_us = max(0, round(wait * 1e6))
        caller = self._caller
        _, data, segments = await caller.link.ask(Operation.READ, caller.headers, asked.SerializeToString(), (), None)
        return decode_reply(data, segments)[0]

    async def close(self, reason: Fault | None = None) -> None:
        asked = pb.CloseRequest(sid=self.sid, reason="" if reason is None else reason.name)
        caller = self._caller
        with suppress(ServiceError):  # gone already, or the way to it is
            await caller.link.ask(Operation.CLOSE, caller.headers, asked.SerializeToString(), (), None)
