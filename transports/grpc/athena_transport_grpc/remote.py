"""Sessions of another kernel, seen from here."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Protocol

import grpc
from attrs import evolve

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Session
from athena.models import EMPTY, Reply, Request, Stage
from athena_proto import inference_pb2 as pb
from athena_proto.native import decode_reply

from .faults import from_status

__all__ = ["Attached", "Caller", "Detached", "Metadata"]

Metadata = tuple[tuple[str, str], ...]


class Caller(Protocol):
    """What a session asks of its channel."""

    stopped: bool

    def encode(self, request: Request, alias: str = "") -> tuple[bytes, Metadata]: ...

    async def unary(
        self, name: str, data: bytes, deadline: float | None = None, metadata: Metadata | None = None
    ) -> bytes: ...


_NOTHING_YET = Reply((), Stage.CONTINUE)


class Attached(Session):
    """A session that is one bidirectional stream."""

    def __init__(self, channel: Caller, call: Any, sid: str) -> None:  # Any: a StreamStreamCall of bytes
        self.sid = sid
        self._channel = channel
        self._call = call
        self._half_closed = False
        self._over = False
        self._reading: asyncio.Future[bytes] | None = None

    @classmethod
    async def opened(cls, channel: Caller, call: Any, data: bytes) -> Attached:  # Any: as above
        """Open it, and wait until the other side says so."""
        try:
            await call.write(data)
            answer = await call.read()
        except grpc.aio.AioRpcError as error:
            raise from_status(error) from None
        except asyncio.InvalidStateError:
            raise await _status(call) from None
        except BaseException:
            call.cancel()
            raise
        if answer is grpc.aio.EOF:
            raise await _status(call)
        return cls(channel, call, decode_reply(answer)[1])

    async def write(self, request: Request) -> None:
        if self._half_closed or self._over:
            raise ServiceError(Fault.SESSION_CLOSED, "the session's input has ended: no write is possible")
        if len(request.parts) == 1 and not request.parts[0].key and request.parts[0].stage is Stage.END:
            # Sent as it is: from a half-close alone a server cannot tell at once that we are still here.
            self._half_closed = True
        data, _ = self._channel.encode(evolve(request, service="", sid="", headers=EMPTY, deadline=None))
        try:
            await _send(self._call, data)
        except (grpc.aio.AioRpcError, grpc.aio.InternalError, asyncio.InvalidStateError):
            # The stream has ended. Why is the session's terminal event: it comes out of read.
            raise ServiceError(Fault.SESSION_CLOSED, "the session has ended: read says why") from None
        except asyncio.CancelledError:
            raise self._hung_up() or asyncio.CancelledError from None

    async def read(self, wait: float | None = None) -> Reply:
        if self._over:
            raise ServiceError(Fault.SESSION_CLOSED, "the session has ended")
        try:
            if wait is None and self._reading is None:
                answer = await self._call.read()
            else:
                answer = await self._bounded(wait)
        except grpc.aio.AioRpcError as error:
            self._over = True
            raise from_status(error) from None
        except asyncio.InvalidStateError:
            answer = grpc.aio.EOF
        except asyncio.CancelledError:
            raise self._hung_up() or asyncio.CancelledError from None
        if answer is None:
            return _NOTHING_YET
        if answer is grpc.aio.EOF:
            self._over = True
            raise await _status(self._call)
        reply, _ = decode_reply(answer)
        if reply.stage is Stage.END:
            self._over = True
        return reply

    async def close(self, reason: Fault | None = None) -> None:
        self._over = True
        if self._reading is not None:
            self._reading.cancel()
        # Does nothing to a stream that has ended; else the server destroys the session.
        self._call.cancel()

    def _hung_up(self) -> ServiceError | None:
        """A stream that was cancelled at this end says so by cancelling whoever waits for it: nobody cancelled them."""
        if not self._over and not self._channel.stopped:
            return None
        self._over = True
        return ServiceError(Fault.SESSION_CLOSED, "the session was closed at this end", executed=Executed.UNKNOWN)

    async def _bounded(self, wait: float | None) -> bytes | None:
        # The read outlives the wait: cancelling it would cancel the whole stream, or lose a reply.
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._call.read())
        await asyncio.wait({self._reading}, timeout=wait)
        if not self._reading.done():
            return None
        done, self._reading = self._reading, None
        return done.result()


async def _send(call: Any, data: bytes) -> None:  # Any: a StreamStreamCall of bytes
    """``call.write``, less one thing: where a write crosses the stream's end, it would make INTERNAL of its reason."""
    wire = getattr(call, "_cython_call", None)
    if wire is None or call.done():
        await call.write(data)
        return
    try:
        await wire.send_serialized_message(data)
    except asyncio.CancelledError:
        call.cancel()
        raise


async def _status(call: Any) -> ServiceError:  # Any: a StreamStreamCall of bytes
    """Why a stream ended, where it did not say so itself."""
    code = await call.code()
    if code is grpc.StatusCode.OK:
        return ServiceError(Fault.SESSION_CLOSED, "the session has ended", executed=Executed.YES)
    return from_status(
        grpc.aio.AioRpcError(
            code, await call.initial_metadata(), await call.trailing_metadata(), await call.details() or ""
        )
    )


class Detached(Session):
    """A session that each call finds by its sid or alias."""

    def __init__(self, channel: Caller, key: str) -> None:
        self.sid = key
        self._channel = channel

    async def write(self, request: Request) -> None:
        data, metadata = self._channel.encode(evolve(request, service="", sid=self.sid))
        await self._channel.unary("Write", data, request.deadline, metadata)

    async def read(self, wait: float | None = None) -> Reply:
        asked = pb.ReadRequest(sid=self.sid)
        if wait is not None:
            asked.wait_us = max(0, round(wait * 1e6))
        return decode_reply(await self._channel.unary("Read", asked.SerializeToString()))[0]

    async def close(self, reason: Fault | None = None) -> None:
        asked = pb.CloseRequest(sid=self.sid, reason="" if reason is None else reason.name)
        with suppress(ServiceError):  # gone already, or the way to it is
            await self._channel.unary("Close", asked.SerializeToString())
