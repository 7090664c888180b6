"""The client end of upstream's RPC: ``xsf://host:port`` calls a loader of AthenaServing as if it were a kernel."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import urlsplit

import grpc
from attrs import evolve

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Channel, Session
from athena.models import ChannelOptions, Description, Health, Reply, Request, Stage
from athena_proto.xsf import ABORT, PING, READ, WRITE
from athena_proto.xsf_client import Answer, decode_answer, encode_packet

from .channel import divided
from .faults import from_status
from .xsf import METHOD, SERVICE

__all__ = ["XsfChannel"]

POLL = 0.5
"""Seconds a loader is asked to wait for a result, each time; upstream's own default."""
PATIENCE = 30.0
"""Seconds a call without a deadline waits: the protocol has no other word for ever."""


class XsfChannel(Channel):
    """One loader. It describes nothing, and it answers a call once: a stream of replies is a stream of one."""

    def __init__(self, url: str, options: ChannelOptions) -> None:
        split = urlsplit(url)
        if split.scheme != "xsf" or not split.hostname or not split.port:
            raise ValueError(f"{url}: expected xsf://HOST:PORT")
        self.url = url
        self._target = split.netloc.rpartition("@")[2]
        self._options = options
        self._metadata, _ = divided(options.headers)
        self._channel: grpc.aio.Channel | None = None
        self._call: Any = None  # Any: gRPC's multi-callable of bytes
        self._stopped = False

    async def start(self) -> None:
        """Connect, and ask for a sign.

        Raises:
            ServiceError: UNAVAILABLE, when nobody answers in time.
        """
        largest = min(2 * self._options.max_message, 2**31 - 1)
        settings = [
            ("grpc.max_receive_message_length", largest),
            ("grpc.max_send_message_length", largest),
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.enable_retries", 0),
        ]
        self._channel = grpc.aio.insecure_channel(self._target, settings)
        self._call = self._channel.unary_unary(f"/{SERVICE}/{METHOD}")
        try:
            await asyncio.wait_for(self._channel.channel_ready(), self._options.timeout)
            await self.ask(encode_packet(PING, "", first=False, wait=0.0), self._options.timeout)
        except asyncio.TimeoutError:
            await self.stop()
            text = f"{self.url}: no answer within {self._options.timeout:g} s; is the loader there?"
            raise ServiceError(Fault.UNAVAILABLE, text) from None
        except BaseException:
            await self.stop()
            raise

    async def describe(self, service: str) -> Description:
        """Nothing is known but what every loader can."""
        return Description(operations=frozenset({"once", "session", "read"}))

    async def once(self, request: Request) -> Reply:
        wait = self._within(request)
        packet = encode_packet(WRITE, "", first=True, wait=wait, request=request, once=True)
        answer = await self.ask(packet, wait + POLL)
        return answer.reply or Reply()

    async def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        yield await self.once(request)

    async def open(self, request: Request, *, detached: bool = False, alias: str | None = None) -> Session:
        """Begin a session; the loader names it, so an alias is taken for its handle."""
        opening = evolve(request, parts=())
        packet = encode_packet(WRITE, alias or "", first=True, wait=0.0, request=opening, number=1)
        answer = await self.ask(packet, self._within(request))
        return _Conversation(self, answer.handle, request.service, answer.reply)

    async def session(self, key: str) -> Session:
        return _Conversation(self, key, "", None)

    def health(self) -> Health:
        if self._channel is None:
            return Health(False, f"{self.url}: not started, or stopped")
        state = self._channel.get_state()
        ready = state in (grpc.ChannelConnectivity.READY, grpc.ChannelConnectivity.IDLE)
        return Health(ready, "" if ready else f"{self.url}: {state.name.lower().replace('_', ' ')}")

    async def drain(self) -> None:
        """Nothing to do: calls belong to their callers."""

    async def stop(self) -> None:
        self._stopped = True
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def ask(self, packet: bytes, timeout: float) -> Answer:
        """One packet, one answer.

        Raises:
            ServiceError: What the answer tells of, or what became of the way there.
        """
        if self._channel is None:
            raise ServiceError(Fault.UNAVAILABLE, f"{self.url}: the channel is not started, or was stopped")
        try:
            answer = decode_answer(await self._call(packet, timeout=timeout, metadata=self._metadata))
        except grpc.aio.AioRpcError as error:
            raise from_status(error) from None
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            text = "the channel was stopped while the call ran"
            raise ServiceError(Fault.CANCELLED, text, executed=Executed.UNKNOWN) from None
        if answer.error is not None:
            raise answer.error
        return answer

    def _within(self, request: Request) -> float:
        if request.deadline is None:
            return PATIENCE
        left = request.deadline - time.monotonic()
        if left <= 0:
            raise ServiceError(Fault.DEADLINE, "the deadline had passed before the call was made")
        return left


class _Conversation(Session):
    """A session of a loader: each packet is a call, and may bring a result along."""

    def __init__(self, channel: XsfChannel, handle: str, service: str, first: Reply | None) -> None:
        self.sid = handle
        self._channel = channel
        self._service = service
        self._number = 1
        self._brought: deque[Reply] = deque()
        self._over = False
        self._keep(first)

    async def write(self, request: Request) -> None:
        if self._over:
            raise ServiceError(Fault.SESSION_CLOSED, "the session has ended: no write is possible")
        self._number += 1
        full = evolve(request, service=self._service)
        packet = encode_packet(WRITE, self.sid, first=False, wait=0.0, request=full, number=self._number)
        try:
            self._keep((await self._channel.ask(packet, PATIENCE)).reply)
        except ServiceError:
            self._number -= 1
            raise

    async def read(self, wait: float | None = None) -> Reply:
        until = None if wait is None else time.monotonic() + wait
        while not self._brought:
            if self._over:
                raise ServiceError(Fault.SESSION_CLOSED, "the session has ended")
            left = POLL if until is None else min(POLL, max(0.0, until - time.monotonic()))
            try:
                answer = await self._channel.ask(encode_packet(READ, self.sid, first=False, wait=left), left + PATIENCE)
            except ServiceError:
                self._over = True
                raise
            self._keep(answer.reply)
            if not self._brought and until is not None and time.monotonic() >= until:
                return Reply((), Stage.CONTINUE)
        return self._brought.popleft()

    async def close(self, reason: Fault | None = None) -> None:
        if self._over:
            return
        self._over = True
        try:
            await self._channel.ask(encode_packet(ABORT, self.sid, first=False, wait=0.0), POLL)
        except ServiceError:
            return  # it is gone, or the way to it is

    def _keep(self, reply: Reply | None) -> None:
        if reply is not None and (reply.parts or reply.stage is Stage.END):
            self._brought.append(reply)
            self._over = self._over or reply.stage is Stage.END
