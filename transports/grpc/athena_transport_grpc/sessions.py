"""The methods of Inference that are sessions: one attached to its stream, and the four calls of a detached one."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

import grpc
from attrs import evolve

from athena.errors import Fault, ServiceError
from athena.interfaces import Session
from athena.models import END_MARK, Reply, Request, Stage
from athena_proto import inference_pb2 as pb
from athena_proto.answers import internal
from athena_proto.native import decode_request, encode_reply, parse, verify

from .calls import decoded
from .entry import Call, Entry, method, remaining

__all__ = ["Sessions"]

_END = Request("", parts=(END_MARK,))
_ACCEPTED = pb.Accepted().SerializeToString()
_CLOSED = pb.Closed().SerializeToString()
SETTLE = 0.002
"""Seconds between the end of the client's messages and the news of whether it half-closed or broke off."""
MARGIN = 0.05
"""Seconds before the client's own timeout at which a read comes back with nothing."""


class Sessions:
    """Sessions on this wire."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._dispatcher = entry.dispatcher
        self._max_message = entry.limits.max_message

    def handlers(self) -> dict[str, grpc.RpcMethodHandler[Any, Any]]:  # Any: bytes in, bytes out
        """What serves each method."""
        guarded, unary = self._entry.guarded, grpc.unary_unary_rpc_method_handler
        attached = guarded("open", method("Session"), self.attached)
        return {
            "Session": grpc.stream_stream_rpc_method_handler(attached),
            "Open": unary(guarded("open", method("Open"), self.open)),
            "Write": unary(guarded("session", method("Write"), self.write)),
            "Read": unary(guarded("session", method("Read"), self.read)),
            "Close": unary(guarded("session", method("Close"), self.close)),
        }

    # --- attached -----------------------------------------------------------------------------------------------------

    async def attached(self, _: object, call: Call) -> None:
        """A session that lives as long as this stream: the two directions go on side by side."""
        wire = call.wire
        first = await wire.read()
        if first is grpc.aio.EOF:
            raise ServiceError(Fault.BAD_REQUEST, "the stream ended before a message opened the session")
        verify(call.principal, first)
        request, alias = decoded(first, call, self._max_message)
        if alias:
            raise ServiceError(Fault.BAD_REQUEST, "alias: only a detached session has one; use Open")
        session = await self._dispatcher.open(evolve(request, parts=()), detached=False)
        inward = _Inward(session, call, self._max_message, self._entry.log)
        task: asyncio.Task[None] | None = None
        reason: Fault | None = None
        try:
            await wire.write(encode_reply(Reply(), session.sid))
            task = asyncio.get_running_loop().create_task(inward.run(request if request.parts else None))
            await self._outward(session, wire)
        except ServiceError as error:
            raise inward.ended(error) from None
        except (asyncio.CancelledError, grpc.aio.InternalError):
            reason = Fault.CANCELLED  # the client has gone; the second one where a write met that first
            raise
        finally:
            if task is not None:
                task.cancel()
            await session.close(reason)

    async def _outward(self, session: Session, wire: Any) -> None:  # Any: as in entry.Wire
        while True:
            reply = await session.read()
            await wire.write(encode_reply(reply))
            if reply.stage is Stage.END:
                return

    # --- detached -----------------------------------------------------------------------------------------------------

    async def open(self, message: bytes, call: Call) -> bytes:
        """Begin a session that outlives this call."""
        request, alias = decoded(message, call, self._max_message)
        if request.parts:
            raise ServiceError(Fault.BAD_REQUEST, "parts: Open takes none; Write them")
        session = await self._dispatcher.open(evolve(request, deadline=None), detached=True, alias=alias or None)
        return pb.Opened(sid=session.sid).SerializeToString()

    async def write(self, message: bytes, call: Call) -> bytes:
        """One write; the answer is its acceptance."""
        request, _ = decoded(message, call, self._max_message)
        await self._dispatcher.session(request.sid, call.principal).write(request)
        return _ACCEPTED

    async def read(self, message: bytes, call: Call) -> bytes:
        """The next reply, or nothing yet."""
        asked = parse(pb.ReadRequest, message)
        session = self._dispatcher.session(asked.sid, call.principal)
        wait = asked.wait_us * 1e-6 if asked.HasField("wait_us") else None
        left = remaining(call.wire)
        if left is not None:
            # A reply must not be taken out of the session for a client that has just stopped waiting.
            left = max(0.0, left - MARGIN)
            wait = left if wait is None else min(wait, left)
        return encode_reply(await session.read(wait))

    async def close(self, message: bytes, call: Call) -> bytes:
        """End it."""
        asked = parse(pb.CloseRequest, message)
        if asked.reason and asked.reason not in Fault.__members__:
            raise ServiceError(Fault.BAD_REQUEST, f"reason: expected the name of a fault, got {asked.reason!r}")
        session = self._dispatcher.session(asked.sid, call.principal)
        await session.close(Fault.__members__.get(asked.reason))
        return _CLOSED


class _Inward:
    """From the stream into the session."""

    def __init__(self, session: Session, call: Call, max_message: int, log: logging.Logger) -> None:
        self._log = log
        self._session = session
        self._call = call
        self._max_message = max_message
        self.refusal: ServiceError | None = None

    def ended(self, error: ServiceError) -> ServiceError:
        """What ended the session: a refused write says so best itself, unless it only crossed another end."""
        refusal = self.refusal
        if refusal is None or (refusal.fault is Fault.SESSION_CLOSED and error.fault is not Fault.SESSION_CLOSED):
            return error
        return refusal

    async def run(self, first: Request | None) -> None:
        """Write until the client half-closes; a refusal ends the session, and with it the stream."""
        session, call = self._session, self._call
        try:
            if first is not None:
                await session.write(first)
            read = call.wire.read
            while (message := await read()) is not grpc.aio.EOF:
                # The call's metadata is the opening request's; a write has what its own message says, as on every wire.
                request, _ = decode_request(message, principal=call.principal, max_message=self._max_message)
                await session.write(request)
            # A client that breaks off looks the same from here, until gRPC says so: its session has not ended well.
            await asyncio.sleep(SETTLE)
            if call.wire.cancelled():
                return
            with suppress(ServiceError):  # SESSION_CLOSED: the input had ended with its data
                await session.write(_END)
        except ServiceError as error:
            self.refusal = error
            await session.close(error.fault)
        except grpc.aio.InternalError:
            return  # as below, where gRPC has not said so yet
        except Exception as error:
            if call.wire.cancelled():
                return  # the client is gone, which ends the handler too
            self.refusal = internal(error, self._log)
            await session.close(Fault.INTERNAL)
