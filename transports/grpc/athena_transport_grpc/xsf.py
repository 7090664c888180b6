"""Upstream's RPC: ``utils.XsfCall/call``, by which its gateways and load testers call a loader. One packet a call."""

from __future__ import annotations

import time
from typing import Any

import grpc
from attrs import evolve

from athena.errors import Fault, ServiceError
from athena.models import Expectation, Reply, Request, Stage
from athena_proto.answers import internal
from athena_proto.xsf import (
    ABORT,
    NOTHING,
    PING,
    READ,
    Packet,
    decode_packet,
    encode_answer,
    encode_failure,
    encode_output,
)

from .entry import Call, Entry, remaining
from .handles import Handles, Key, Stream
from .sessions import MARGIN

__all__ = ["METHOD", "SERVICE", "Xsf"]

SERVICE = "utils.XsfCall"
METHOD = "call"


class Xsf:
    """One per server."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._dispatcher = entry.dispatcher
        self._max_message = entry.limits.max_message
        self._handles = Handles(self._dispatcher)
        self.listens = self._handles.listens

    def handlers(self) -> dict[str, grpc.RpcMethodHandler[Any, Any]]:  # Any: bytes in, bytes out
        """What serves the method; whom a call is for stands too deep in its message to be peeked at."""
        act = self._entry.guarded("xsf", f"/{SERVICE}/{METHOD}", self.call, peek=lambda message: "")
        return {METHOD: grpc.unary_unary_rpc_method_handler(act)}

    async def call(self, message: bytes, call: Call) -> bytes:
        """One packet. What goes wrong is told in the answer; gRPC itself refuses only whom it does not know."""
        packet = Packet(PING, "", "", False, 0.0, True, 0, ("", ""), Request(""))
        handle = ""
        try:
            packet = decode_packet(message, self._max_message)
            handle = packet.handle or self._handles.mint()
            if packet.op == PING or packet.op in NOTHING:
                return encode_answer(packet, handle, self._handles.peer, None)
            request = self._completed(packet, call)
            if packet.once and packet.op not in (READ, ABORT):
                return encode_answer(packet, handle, self._handles.peer, await self._once(request))
            return encode_answer(packet, handle, self._handles.peer, await self._stream(packet, request, handle, call))
        except ServiceError as error:
            return encode_failure(error, packet, handle, self._handles.peer)
        except Exception as error:
            return encode_failure(internal(error, self._entry.log), packet, handle, self._handles.peer)

    def _completed(self, packet: Packet, call: Call) -> Request:
        """The packet's request with whom it is for, who asks and until when; what it expects where it does not say."""
        views = self._dispatcher.services()
        names = [name for name in packet.names if name]
        service = next((name for name in names if name in views), names[0] if names else "")
        if not service and len(views) == 1:
            service = next(iter(views))
        expect = packet.request.expect
        if not expect and service in views:
            outputs = views[service].description.outputs
            expect = tuple(Expectation(out.key, out.kind) for out in outputs if out.key != "*")
        return evolve(
            packet.request,
            service=service,
            headers={**packet.request.headers, **call.headers},
            expect=expect,
            deadline=time.monotonic() + self._patience(packet, call),
            principal=call.principal,
        )

    def _patience(self, packet: Packet, call: Call) -> float:
        """Seconds until the client has its answer or none: what it says, or what gRPC knows of it."""
        left = remaining(call.wire)
        return packet.wait if left is None else min(packet.wait, max(0.0, left - MARGIN))

    async def _once(self, request: Request) -> bytes:
        self._open_house()
        reply = await self._dispatcher.once(request)
        return encode_output(reply, request.service, request.expect, lambda key: 0)

    async def _stream(self, packet: Packet, request: Request, handle: str, call: Call) -> bytes | None:
        key = (call.principal.guard, call.principal.id, handle)
        if packet.first and packet.op not in (READ, ABORT):
            stream = await self._begin(key, packet, request, handle)
        else:
            stream = self._handles.find(key, call.principal)
        if packet.op == ABORT:
            self._handles.forget(key)
            await stream.session.close()
            return None
        if packet.op == READ:
            return await self._read(key, stream, self._patience(packet, call))
        if await stream.order.turn(packet.number, first=packet.first):
            taken = False
            try:
                # A packet without data only counts; upstream's clients begin a session with one.
                if request.parts:
                    await stream.session.write(evolve(request, deadline=None))
                taken = True
            finally:
                stream.order.done(taken=taken)
        return await self._read(key, stream, 0.0)

    async def _begin(self, key: Key, packet: Packet, request: Request, handle: str) -> Stream:
        self._open_house()
        opening = evolve(request, parts=(), deadline=None)
        session = await self._dispatcher.open(opening, detached=True, alias=handle)
        stream = Stream(session, request.service, request.expect, packet.number)
        self._handles.keep(key, stream)
        return stream

    async def _read(self, key: Key, stream: Stream, wait: float) -> bytes:
        reply = Reply((), Stage.CONTINUE)
        if not stream.reading:  # another packet's answer is waiting for the next result: it is told there
            stream.reading = True
            try:
                reply = await stream.session.read(wait)
            except ServiceError:
                self._handles.forget(key)
                raise
            finally:
                stream.reading = False
        if reply.stage is Stage.END:
            self._handles.forget(key)
        return encode_output(reply, stream.service, stream.expect, stream.seq)

    def _open_house(self) -> None:
        """Refuse what begins while draining."""
        if self._entry.draining:
            raise ServiceError(Fault.UNAVAILABLE, "the server is shutting down; call another instance", retry_after=1.0)
