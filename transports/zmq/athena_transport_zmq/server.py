"""The ZeroMQ transport: binds, knows its peers, serves, drains."""

from __future__ import annotations

import asyncio
import os
import socket

import zmq
from zmq.utils import z85

from athena import hookimpl
from athena.interfaces import PluginContext, Transport
from athena.models import Endpoint
from athena.section import BadValue, Secret, at_least, between, not_empty, option, section

from . import threads
from .calls import Calls, Runner
from .connections import Followed
from .exchange import Exchange
from .resources import ResourceCalls
from .sessions import Sessions
from .wire import Wire
from .zap import DOMAIN, Zap, is_loopback

__all__ = ["Zmq", "ZmqServer"]

LINGER_MS = 200
"""What the last faults of a server that stops have to leave."""


class Zmq:
    """Serves athena.v1 over a ZeroMQ ROUTER socket (docs/zmq-protocol.md)."""

    @section
    class Section:
        """``[transports.zmq]``."""

        host: str = option("127.0.0.1", help="Address to bind.", check=not_empty)
        port: int = option(5555, help="Port to bind; 0 picks a free one.", check=between(0, 65535))
        curve_secret_key: Secret = option(
            Secret(""), help="The server's CURVE secret key (Z85, 40 characters); needed off loopback."
        )
        curve_clients: list[str] = option(
            factory=list, help="Public keys (Z85) of the clients that may connect; empty admits any that uses CURVE."
        )
        handshake_timeout: float = option(
            10.0, help="Seconds a new connection may take to say who it is; then it is closed.", check=at_least(0.1)
        )
        heartbeat: float = option(
            5.0, help="Seconds of silence before a peer is asked for a sign.", check=at_least(0.1)
        )
        heartbeat_timeout: float = option(
            15.0, help="Seconds to wait for that sign; then the connection is closed.", check=at_least(0.1)
        )
        slow_reader: float = option(
            10.0, help="Seconds a client may take nothing of a stream that waits; then it ends.", check=at_least(0.1)
        )
        max_connections: int = option(1024, help="Connections at once.", check=at_least(1))
        max_connections_per_address: int = option(
            0, help="Connections at once of one client address; 0 for no bound.", check=at_least(0)
        )
        max_calls: int = option(1024, help="Calls and sessions at once of one connection.", check=at_least(1))

        def __attrs_post_init__(self) -> None:
            key = self.curve_secret_key.reveal()
            if key and not _is_z85(key):
                raise BadValue("curve_secret_key", "a Z85 key of 40 characters", self.curve_secret_key)
            for client in self.curve_clients:
                if not _is_z85(client):
                    raise BadValue("curve_clients", "Z85 keys of 40 characters", client)
            if not key and not is_loopback(self.host):
                expected = f"a CURVE key, since {self.host} can be reached from other machines"
                raise BadValue("curve_secret_key", expected, self.curve_secret_key)

    def __init__(self, section: Zmq.Section) -> None:
        self._section = section

    @hookimpl
    def athena_provide(self, context: PluginContext) -> tuple[object, ...]:
        """The server."""
        return (ZmqServer(self._section, context),)


class ZmqServer(Transport):
    """One ROUTER, drained on the loop's thread."""

    name = "zmq"

    def __init__(self, section: Zmq.Section, context: PluginContext) -> None:
        self._section = section
        self._context = context
        self._zmq: zmq.Context[zmq.Socket[bytes]] | None = None
        self._wire: Wire | None = None
        self._followed: Followed | None = None
        self._zap: Zap | None = None
        self._exchange: Exchange | None = None

    async def start(self) -> tuple[Endpoint, ...]:
        section, limits = self._section, self._context.limits
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        context.set(zmq.MAX_SOCKETS, 1 << 16)
        threads.settle(context)
        router = context.socket(zmq.ROUTER)
        exchange = self._exchange = Exchange(
            self._context, section.max_connections, section.max_connections_per_address
        )
        runner = Runner(self._context.dispatcher, section.max_calls)
        calls = Calls(self._context.dispatcher, limits.max_message, section.slow_reader)
        sessions = Sessions(self._context.dispatcher, limits.max_message, section.slow_reader, self._context.log)
        resources = ResourceCalls(self._context.dispatcher, limits.max_message)
        exchange.serve(runner, {**calls.acts(), **sessions.acts(), **resources.acts()})
        try:
            # Before the bind: a question that nobody answers yet waits, one that nobody can answer is a yes.
            self._zap = Zap(context, section.curve_clients, exchange.room)
            self._configure(router, limits.max_message)
            self._followed = Followed(router, exchange.connection)
            port = _bind(router, section.host, section.port)
        except BaseException:
            await self.stop()
            router.close(0)
            await asyncio.to_thread(context.term)
            raise
        self._zmq = context
        self._wire = Wire(router, exchange.received)
        exchange.attach(self._wire, self._followed)
        return (Endpoint("zmq", section.host, port),)

    async def accept(self) -> None:
        if self._zap is not None and self._wire is not None:
            self._zap.open()
            self._wire.open()

    async def drain(self) -> None:
        if self._exchange is not None:
            self._exchange.drain()

    async def stop(self, grace: float = 0.0) -> None:
        if self._exchange is not None:
            await self._exchange.stop(grace)
        wire, self._wire = self._wire, None
        followed, self._followed = self._followed, None
        zap, self._zap = self._zap, None
        if followed is not None:
            followed.close()
        if wire is not None:
            wire.close(LINGER_MS)
        if zap is not None:
            zap.close()
        context, self._zmq = self._zmq, None
        if context is not None:
            # It waits for what lingers: not on the loop's thread.
            await asyncio.to_thread(context.term)

    def _configure(self, router: zmq.Socket[bytes], max_message: int) -> None:
        section = self._section
        router.setsockopt(zmq.ROUTER_MANDATORY, 1)  # else what cannot be delivered is dropped, and nobody is told
        router.setsockopt(zmq.MAXMSGSIZE, 2 * max_message)
        router.setsockopt(zmq.LINGER, LINGER_MS)
        router.setsockopt(zmq.ZAP_DOMAIN, DOMAIN)
        router.setsockopt(zmq.HANDSHAKE_IVL, round(section.handshake_timeout * 1000))
        router.setsockopt(zmq.HEARTBEAT_IVL, round(section.heartbeat * 1000))
        router.setsockopt(zmq.HEARTBEAT_TIMEOUT, round(section.heartbeat_timeout * 1000))
        router.setsockopt(zmq.HEARTBEAT_TTL, round((section.heartbeat + section.heartbeat_timeout) * 1000))
        router.setsockopt(zmq.BACKLOG, 1024)
        router.setsockopt(zmq.IPV6, int(":" in section.host))
        key = section.curve_secret_key.reveal()
        if key:
            router.setsockopt(zmq.CURVE_SERVER, 1)
            router.setsockopt(zmq.CURVE_SECRETKEY, key.encode())


def _bind(router: zmq.Socket[bytes], host: str, port: int) -> int:
    """Bind, and say the port.

    Raises:
        OSError: The address cannot be had; the sentence names transport, host and port, and the reason.
    """
    try:
        # libzmq takes addresses and interfaces, no names.
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
        shown = f"[{address}]" if ":" in str(address) else address
        router.bind(f"tcp://{shown}:{port or '*'}")
    except (zmq.ZMQError, socket.gaierror) as error:
        number = error.errno or 0
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(number)
        text = f"transports.zmq: cannot listen on {host}:{port}: {reason}; choose another host or port"
        raise OSError(number, text) from error
    endpoint = router.getsockopt_string(zmq.LAST_ENDPOINT)
    return int(endpoint.rpartition(":")[2])


def _is_z85(key: str) -> bool:
    try:
        return len(z85.decode(key.encode("ascii"))) == 32
    except (ValueError, KeyError, UnicodeEncodeError):
        return False
