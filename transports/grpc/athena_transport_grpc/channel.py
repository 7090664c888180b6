"""The client end: calls another kernel over gRPC, and raises what it raised."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
from attrs import evolve

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Channel, Session
from athena.models import ChannelOptions, Description, Health, Reply, Request
from athena_proto import inference_pb2 as pb
from athena_proto.answers import decode_description
from athena_proto.native import decode_reply, encode_request, parse, refuse_large

from .entry import method
from .faults import from_status
from .remote import Attached, Detached, Metadata
from .resources import RESOURCES, GrpcResources

__all__ = ["GrpcChannel"]

_KEY = re.compile(r"[0-9a-z_.-]+")
_RESERVED = ("grpc-", ":")
_OWN = frozenset({"content-type", "te", "user-agent", "host", "connection", "transfer-encoding"})
_UNARY = ("Once", "Open", "Write", "Read", "Close", "Describe")
_STOPPED = "the channel was stopped while the call ran"


class GrpcChannel(Channel):
    """``grpc://host:port`` or ``grpcs://host:port``."""

    def __init__(self, url: str, options: ChannelOptions) -> None:
        split = urlsplit(url)
        if split.scheme not in ("grpc", "grpcs") or not split.hostname or not split.port:
            raise ValueError(f"{url}: expected grpc://HOST:PORT or grpcs://HOST:PORT")
        self.url = url
        self._target = split.netloc.rpartition("@")[2]
        self._secure = split.scheme == "grpcs"
        self._options = options
        self._own, self._own_rest = divided(options.headers)
        self._channel: grpc.aio.Channel | None = None
        self.resources = GrpcResources(self.unary, options.max_message)
        self.stopped = False  # what is cancelled once it is True was cancelled by us

    async def start(self) -> None:
        """Connect.

        Raises:
            ServiceError: UNAVAILABLE, when nobody answers in time.
        """
        largest = min(2 * self._options.max_message, 2**31 - 1)
        settings = [
            ("grpc.max_receive_message_length", largest),
            ("grpc.max_send_message_length", largest),
            ("grpc.keepalive_time_ms", 20_000),
            ("grpc.keepalive_timeout_ms", 10_000),
            ("grpc.use_local_subchannel_pool", 1),  # a connection of its own: another channel's back-off is not ours
            ("grpc.max_reconnect_backoff_ms", 2000),
            ("grpc.enable_retries", 0),  # whether a call may be made again is for whoever made it to say
        ]
        if self._secure:
            self._channel = grpc.aio.secure_channel(self._target, _credentials(self.url, self._options), settings)
        else:
            self._channel = grpc.aio.insecure_channel(self._target, settings)
        bytes_out: dict[str, Any] = {"request_serializer": None, "response_deserializer": None}
        channel = self._channel
        self._stream = channel.unary_stream(method("Stream"), **bytes_out)
        self._session = channel.stream_stream(method("Session"), **bytes_out)
        self._unary = {name: channel.unary_unary(method(name), **bytes_out) for name in (*_UNARY, *RESOURCES)}
        try:
            await asyncio.wait_for(channel.channel_ready(), self._options.timeout)
        except asyncio.TimeoutError:
            await self.stop()
            raise ServiceError(
                Fault.UNAVAILABLE, f"{self.url}: no answer within {self._options.timeout:g} s; is the server there?"
            ) from None

    async def describe(self, service: str) -> Description:
        return decode_description(await self.unary("Describe", pb.DescribeRequest(service=service).SerializeToString()))

    async def once(self, request: Request) -> Reply:
        data, metadata = self.encode(request)
        answer = await self.unary("Once", data, request.deadline, metadata)
        return decode_reply(answer, max_message=2 * self._options.max_message)[0]

    async def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        data, metadata = self.encode(request)
        timeout = None if request.deadline is None else request.deadline - time.monotonic()
        if timeout is not None and timeout <= 0:
            raise ServiceError(Fault.DEADLINE, "the deadline had passed before the call was made")
        call: Any = self._stream(data, timeout=timeout, metadata=metadata)
        try:
            while (answer := await call.read()) is not grpc.aio.EOF:
                yield decode_reply(answer, max_message=2 * self._options.max_message)[0]
        except grpc.aio.AioRpcError as error:
            raise from_status(error) from None
        except asyncio.CancelledError:
            if self._channel is not None:
                raise
            raise ServiceError(Fault.CANCELLED, _STOPPED, executed=Executed.UNKNOWN) from None
        finally:
            call.cancel()  # does nothing to a call that has ended

    async def open(self, request: Request, *, detached: bool = False, alias: str | None = None) -> Session:
        request = evolve(request, parts=(), sid="")
        data, metadata = self.encode(request, alias or "")
        if detached:
            answer = await self.unary("Open", data, request.deadline, metadata)
            return Detached(self, parse(pb.Opened, answer).sid)
        timeout = None if request.deadline is None else max(0.0, request.deadline - time.monotonic())
        return await Attached.opened(self, self._session(timeout=timeout, metadata=metadata), data)

    async def session(self, key: str) -> Session:
        return Detached(self, key)

    def health(self) -> Health:
        """What the connection says: this channel neither asks nor polls."""
        if self._channel is None:
            return Health(False, f"{self.url}: not started, or stopped")
        state = self._channel.get_state()
        ready = state in (grpc.ChannelConnectivity.READY, grpc.ChannelConnectivity.IDLE)
        return Health(ready, "" if ready else f"{self.url}: {state.name.lower().replace('_', ' ')}")

    async def drain(self) -> None:
        """Nothing to do: calls belong to their callers."""

    async def stop(self) -> None:
        channel, self._channel = self._channel, None
        self.stopped = True
        if channel is not None:
            await channel.close()

    # --- for the sessions ---------------------------------------------------------------------------------------------

    def encode(self, request: Request, alias: str = "") -> tuple[bytes, Metadata]:
        """The message, and the metadata: headers that metadata cannot carry go into the message.

        Raises:
            ServiceError: TOO_LARGE; UNAVAILABLE when the channel is stopped.
        """
        metadata, rest = self._own, self._own_rest
        headers = request.headers
        if headers:
            asked, other = divided(headers)
            metadata = tuple({**dict(metadata), **dict(asked)}.items())
            rest = {**rest, **other}
        if self._channel is None:
            raise ServiceError(Fault.UNAVAILABLE, f"{self.url}: the channel is not started, or was stopped")
        data = encode_request(request if not headers and not rest else evolve(request, headers=rest), alias)
        refuse_large(data, (), 2 * self._options.max_message)
        return data, metadata

    async def unary(
        self, name: str, data: bytes, deadline: float | None = None, metadata: Metadata | None = None
    ) -> bytes:
        """One of the unary calls."""
        if self._channel is None:
            raise ServiceError(Fault.UNAVAILABLE, f"{self.url}: the channel is not started, or was stopped")
        timeout = None if deadline is None else deadline - time.monotonic()
        if timeout is not None and timeout <= 0:
            raise ServiceError(Fault.DEADLINE, "the deadline had passed before the call was made")
        try:
            answer: bytes = await self._unary[name](
                data, timeout=timeout, metadata=self._own if metadata is None else metadata
            )
        except grpc.aio.AioRpcError as error:
            raise from_status(error) from None
        except asyncio.CancelledError:
            if self._channel is not None:
                raise
            raise ServiceError(Fault.CANCELLED, _STOPPED, executed=Executed.UNKNOWN) from None
        return answer


def divided(headers: Mapping[str, str]) -> tuple[Metadata, dict[str, str]]:
    """Headers that metadata can carry, and the others."""
    metadata: list[tuple[str, str]] = []
    rest: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        if key in _OWN or key.startswith(_RESERVED):
            continue  # these belong to one connection
        if _KEY.fullmatch(key) and not key.endswith("-bin") and value.isascii() and value.isprintable():
            metadata.append((key, value))
        else:
            rest[key] = value
    return tuple(metadata), rest


def _credentials(url: str, options: ChannelOptions) -> grpc.ChannelCredentials:
    if options.verify is False:
        text = f"{url}: gRPC cannot trust just any certificate; give the path of the server's own as `verify`"
        raise ServiceError(Fault.UNSUPPORTED, text)
    root = Path(options.verify).read_bytes() if isinstance(options.verify, str) else None
    return grpc.ssl_channel_credentials(root_certificates=root)
