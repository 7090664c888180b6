"""The client end: calls another kernel over ZeroMQ, and raises what it raised."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import zmq
from attrs import evolve
from zmq.utils import z85

from athena.errors import Fault, ServiceError
from athena.interfaces import Channel, Session
from athena.models import EMPTY, ChannelOptions, Description, Health, Reply, Request
from athena_proto import inference_pb2 as pb
from athena_proto.answers import decode_description
from athena_proto.native import decode_reply, encode_request, refuse_large

from .dial import Keys
from .envelope import Operation, headers_out
from .link import Link
from .remote import Attached, Detached
from .resources import ZmqResources
from .wire import Buffer

__all__ = ["ZmqChannel"]


class ZmqChannel(Channel):
    """``zmq://host:port``; with CURVE, ``options.verify`` is the server's public key or a file that holds it, and
    ``?key=PATH`` names a file with the client's own secret key."""

    def __init__(self, url: str, options: ChannelOptions) -> None:
        split = urlsplit(url)
        if split.scheme != "zmq" or not split.hostname or not split.port:
            raise ValueError(f"{url}: expected zmq://HOST:PORT")
        self.url = url
        self._address = split.netloc.rpartition("@")[2]
        self._key_file = "".join(parse_qs(split.query).get("key", []))
        self._options = options
        self.headers = headers_out(options.headers)
        self._link: Link | None = None
        self.resources = ZmqResources(self)

    async def start(self) -> None:
        """Connect.

        Raises:
            ServiceError: UNAVAILABLE, when nobody answers in time.
        """
        link = Link(self.url, self._address, self._options.max_message, _keys(self._options.verify, self._key_file))
        try:
            await link.connect(self._options.timeout)
        except BaseException:
            await link.stop()
            raise
        self._link = link

    async def describe(self, service: str) -> Description:
        asked = pb.DescribeRequest(service=service).SerializeToString()
        _, data, _ = await self.link.ask(Operation.DESCRIBE, self.headers, asked, (), None)
        return decode_description(data)

    async def once(self, request: Request) -> Reply:
        headers, data, segments = self.encode(request)
        _, answer, beside = await self.link.ask(Operation.ONCE, headers, data, segments, request.deadline)
        return decode_reply(answer, beside, max_message=2 * self._options.max_message)[0]

    async def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        headers, data, segments = self.encode(request)
        link = self.link
        number, inflow = link.begin(Operation.STREAM, headers, data, segments, request.deadline)
        try:
            while (message := await inflow.next()) is not None:
                yield decode_reply(message[1], message[2], max_message=2 * self._options.max_message)[0]
        finally:
            link.forget(number, cancel=True)

    async def open(self, request: Request, *, detached: bool = False, alias: str | None = None) -> Session:
        headers, data, segments = self.encode(evolve(request, parts=(), sid=""), alias or "")
        if detached:
            _, answer, _ = await self.link.ask(Operation.OPEN_DETACHED, headers, data, segments, request.deadline)
            return Detached(self, decode_reply(answer)[1])
        link = self.link
        number, inflow = link.begin(Operation.OPEN, headers, data, segments, request.deadline)
        return await Attached.opened(self, link, number, inflow)

    async def session(self, key: str) -> Session:
        return Detached(self, key)

    def health(self) -> Health:
        """What the connection says: this channel neither asks nor polls."""
        if self._link is None:
            return Health(False, f"{self.url}: not started, or stopped")
        return Health(not self._link.reason, self._link.reason)

    async def drain(self) -> None:
        """Nothing to do: calls belong to their callers."""

    async def stop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.stop()

    # --- for the sessions ---------------------------------------------------------------------------------------------

    @property
    def link(self) -> Link:
        """The connection.

        Raises:
            ServiceError: UNAVAILABLE, when the channel is not started.
        """
        if self._link is None:
            raise ServiceError(Fault.UNAVAILABLE, f"{self.url}: the channel is not started, or was stopped")
        return self._link

    def encode(self, request: Request, alias: str = "") -> tuple[bytes, bytes, list[Buffer]]:
        """Headers, message, and the data that travel beside it.

        Raises:
            ServiceError: TOO_LARGE.
        """
        headers = self.headers
        if request.headers:
            headers = headers_out({**self._options.headers, **request.headers})
            request = evolve(request, headers=EMPTY)
        segments: list[Buffer] = []
        data = encode_request(request, alias, segments)
        refuse_large(data, segments, 2 * self._options.max_message)
        return headers, data, segments


def _keys(verify: bool | str, key_file: str) -> Keys | None:
    if not isinstance(verify, str):
        return None
    server = _key(verify, "verify")
    if not key_file:
        public, secret = zmq.curve_keypair()
        return server, public, secret
    secret = _key(key_file, "key")
    return server, zmq.curve_public(secret), secret


def _key(text: str, where: str) -> bytes:
    """A Z85 key, given as itself or as the path of a file that holds it.

    Raises:
        ValueError: It is neither.
    """
    raw = text.encode()
    if len(raw) != 40:
        try:
            raw = Path(text).read_bytes().strip()
        except OSError as error:
            raise ValueError(f"{where}: expected a CURVE key or a file with one: {error.strerror}") from error
    try:
        found = z85.decode(raw)
    except (KeyError, ValueError):
        found = b""
    if len(found) != 32:
        raise ValueError(f"{where}: expected a CURVE key, 40 characters of Z85")
    return raw
