"""The operations that are sessions: one attached to its connection, and the four calls of a detached one."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

from attrs import evolve

from athena.errors import Fault, ServiceError
from athena.interfaces import Dispatcher, Session
from athena.models import Reply, Request, Stage
from athena_proto import inference_pb2 as pb
from athena_proto.answers import internal
from athena_proto.native import decode_request, parse

from .calls import Act, Call, deliver
from .envelope import Operation
from .flow import MESSAGES, Flow, Grants
from .peers import Peer
from .wire import Buffer

__all__ = ["Sessions"]

_ACCEPTED = pb.Accepted().SerializeToString()
_CLOSED = pb.Closed().SerializeToString()


class Sessions:
    """Sessions on this wire."""

    def __init__(self, dispatcher: Dispatcher, max_message: int, patience: float, log: logging.Logger) -> None:
        self._dispatcher = dispatcher
        self._max_message = max_message
        self._patience = patience
        self._log = log

    def acts(self) -> dict[int, tuple[str, Act]]:
        """What is done for each operation, and its name for guards."""
        return {
            Operation.OPEN: ("open", self.attached),
            Operation.OPEN_DETACHED: ("open", self.open),
            Operation.WRITE_DETACHED: ("session", self.write),
            Operation.READ: ("session", self.read),
            Operation.CLOSE: ("session", self.close),
        }

    async def attached(self, call: Call) -> None:
        """A session that lives until its end, a CANCEL, or the end of the connection."""
        request, alias = call.decoded(self._max_message)
        if alias:
            raise ServiceError(Fault.BAD_REQUEST, "alias: only a detached session has one; use OPEN_DETACHED")
        peer, number = call.peer, call.number
        session = await self._dispatcher.open(evolve(request, parts=()), detached=False)
        inward = _Inward(session, call, self._max_message, self._log)
        flow = peer.flows[number] = Flow()
        peer.inward[number] = inward
        task = asyncio.get_running_loop().create_task(inward.run(request if request.parts else None))
        reason: Fault | None = None
        try:
            peer.reply(Operation.OPENED, number, Reply(), session.sid)
            while True:
                reply = await session.read()
                await deliver(peer, number, flow, reply, self._patience)
                if reply.stage is Stage.END:
                    return
        except ServiceError as error:
            raise inward.ended(error) from None
        except asyncio.CancelledError:
            reason = Fault.CANCELLED
            raise
        finally:
            task.cancel()
            if peer.flows.get(number) is flow:
                del peer.flows[number], peer.inward[number]
            await session.close(reason)

    async def open(self, call: Call) -> None:
        """Begin a session that outlives its connection."""
        request, alias = call.decoded(self._max_message)
        if request.parts:
            raise ServiceError(Fault.BAD_REQUEST, "parts: OPEN_DETACHED takes none; write them")
        session = await self._dispatcher.open(evolve(request, deadline=None), detached=True, alias=alias or None)
        call.peer.reply(Operation.OPENED, call.number, Reply(), session.sid)

    async def write(self, call: Call) -> None:
        """One write; the answer is its acceptance."""
        request, _ = call.decoded(self._max_message)
        await self._dispatcher.session(request.sid, call.principal).write(request)
        call.peer.send(Operation.ACCEPTED, call.number, _ACCEPTED)

    async def read(self, call: Call) -> None:
        """The next reply, or nothing yet."""
        asked = parse(pb.ReadRequest, call.data)
        session = self._dispatcher.session(asked.sid, call.principal)
        reply = await session.read(asked.wait_us * 1e-6 if asked.HasField("wait_us") else None)
        call.peer.reply(Operation.REPLY, call.number, reply)

    async def close(self, call: Call) -> None:
        """End it."""
        asked = parse(pb.CloseRequest, call.data)
        if asked.reason and asked.reason not in Fault.__members__:
            raise ServiceError(Fault.BAD_REQUEST, f"reason: expected the name of a fault, got {asked.reason!r}")
        await self._dispatcher.session(asked.sid, call.principal).close(Fault.__members__.get(asked.reason))
        call.peer.send(Operation.CLOSED, call.number, _CLOSED)


class _Inward:
    """From the wire into an attached session: what came waits here, and is granted again when it was accepted."""

    __slots__ = ("_call", "_grants", "_log", "_max_message", "_session", "_waiter", "_waiting", "refusal")

    def __init__(self, session: Session, call: Call, max_message: int, log: logging.Logger) -> None:
        self._session = session
        self._call = call
        self._max_message = max_message
        self._log = log
        self._waiting: deque[tuple[Buffer, Sequence[Buffer]]] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._grants = Grants()
        self.refusal: ServiceError | None = None

    def put(self, data: Buffer, segments: Sequence[Buffer]) -> None:
        """A write came; called from the wire's turn."""
        if len(self._waiting) > MESSAGES:
            return  # run() ends the session for that
        self._waiting.append((data, segments))
        if self._waiter is not None:
            waiter, self._waiter = self._waiter, None
            if not waiter.done():
                waiter.set_result(None)

    def ended(self, error: ServiceError) -> ServiceError:
        """What ended the session: a refused write says so best itself, unless it only crossed another end."""
        refusal = self.refusal
        if refusal is None or (refusal.fault is Fault.SESSION_CLOSED and error.fault is not Fault.SESSION_CLOSED):
            return error
        return refusal

    async def run(self, first: Request | None) -> None:
        """Write what comes; a refusal ends the session."""
        session = self._session
        try:
            if first is not None:
                await session.write(first)
            while True:
                while self._waiting:
                    await self._write()
                self._waiter = asyncio.get_running_loop().create_future()
                await self._waiter
        except ServiceError as error:
            self.refusal = error
            await session.close(error.fault)
        except Exception as error:
            self.refusal = internal(error, self._log)
            await session.close(Fault.INTERNAL)

    async def _write(self) -> None:
        call = self._call
        if len(self._waiting) > MESSAGES:
            text = f"more than {MESSAGES} writes are under way; wait for what the server grants"
            raise ServiceError(Fault.OVERLOADED, text)
        data, segments = self._waiting.popleft()
        # The headers of the OPEN are the opening request's; a write has what its own message says, as on every wire.
        request, _ = decode_request(data, segments, principal=call.principal, max_message=self._max_message)
        await self._session.write(request)
        grant = self._grants.took(len(data) + sum(map(len, segments)))
        if grant is not None:
            credit = pb.Credit(messages=grant[0], bytes=grant[1])
            call.peer.send(Operation.GRANTED, call.number, credit.SerializeToString())


def granted(peer: Peer, number: int, data: Buffer) -> None:
    """The client took some of what it was sent."""
    flow = peer.flows.get(number)
    if flow is not None:  # else it has ended meanwhile
        credit = parse(pb.Credit, data)
        flow.granted(credit.messages, credit.bytes)
