"""The gRPC transport: binds, serves, drains."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Any

import grpc

from athena.interfaces import PluginContext, Transport
from athena.models import Endpoint

from . import threads
from .calls import Calls
from .entry import Entry
from .health import Health
from .oip import SERVICE as OIP
from .oip import Oip
from .plugin import Grpc
from .reflection import handlers as reflection_handlers
from .resources import ResourceCalls
from .sessions import Sessions
from .tls import server_credentials
from .xsf import SERVICE, Xsf

__all__ = ["GrpcServer"]

_INFERENCE = "athena.v1.Inference"


class GrpcServer(Transport):
    """One ``grpc.aio`` server, with handlers on bytes: gRPC's own (de)serialisers are not used."""

    name = "grpc"

    def __init__(self, section: Grpc.Section, context: PluginContext) -> None:
        self._section = section
        self._context = context
        self._entry = Entry(context, mutual=bool(section.client_ca))
        self._health = Health(context.dispatcher)
        self._server: grpc.aio.Server | None = None
        self._accepting = False

    async def start(self) -> tuple[Endpoint, ...]:
        section = self._section
        credentials = server_credentials(section.certificate, section.key, section.client_ca)
        server = grpc.aio.server(options=self._options(), maximum_concurrent_rpcs=section.max_calls)
        entry = self._entry
        methods = {**Calls(entry).handlers(), **Sessions(entry).handlers(), **ResourceCalls(entry).handlers()}
        inference = grpc.method_handlers_generic_handler(_INFERENCE, methods)
        xsf = Xsf(entry)
        upstream = grpc.method_handlers_generic_handler(SERVICE, xsf.handlers())
        oip = grpc.method_handlers_generic_handler(OIP, Oip(entry).handlers())
        server.add_generic_rpc_handlers((inference, upstream, oip, self._health.handler(), *reflection_handlers(entry)))
        port = _bind(server, section.host, section.port, credentials)
        xsf.listens(section.host, port)
        self._server = server
        return (Endpoint("grpcs" if credentials else "grpc", section.host, port),)

    async def accept(self) -> None:
        # gRPC listens from the moment it is bound, but answers nobody before it is started.
        if self._server is not None:
            self._health.start()
            self._accepting = True
            await self._server.start()
            threads.settle()

    async def drain(self) -> None:
        # gRPC's own shutdown waits for stop(): once it has begun, a call that was under way to us is answered
        # CANCELLED, which no client sends again, and the open sessions' own calls are cut off with it.
        self._health.drain()
        self._entry.draining = True

    async def stop(self, grace: float = 0.0) -> None:
        self._health.drain()
        self._health.stop()
        server, self._server = self._server, None
        if server is not None:
            await server.stop(grace if self._accepting and grace > 0 else None)

    def _options(self) -> list[tuple[str, Any]]:  # Any: gRPC's options are numbers and strings
        section = self._section
        largest = min(2 * self._context.limits.max_message, 2**31 - 1)
        return [
            ("grpc.so_reuseport", 0),  # with it a second server binds the same port, and nobody is told
            ("grpc.max_receive_message_length", largest),
            ("grpc.max_send_message_length", largest),
            ("grpc.max_concurrent_streams", section.max_streams),
            ("grpc.max_allowed_incoming_connections", section.max_connections),
            ("grpc.max_metadata_size", section.max_metadata),
            ("grpc.absolute_max_metadata_size", section.max_metadata),
            ("grpc.keepalive_time_ms", round(section.keepalive * 1000)),
            ("grpc.keepalive_timeout_ms", round(section.keepalive_timeout * 1000)),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.http2.min_recv_ping_interval_without_data_ms", 5000),
        ]


def _bind(server: grpc.aio.Server, host: str, port: int, credentials: grpc.ServerCredentials | None) -> int:
    """Bind, and say the port.

    Raises:
        OSError: The address cannot be had; the sentence names transport, host and port, and the reason.
    """
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    bound = 0
    with suppress(RuntimeError):
        bound = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    if bound:
        return bound
    error = _reason(host, port)
    text = f"transports.grpc: cannot listen on {address}: {os.strerror(error) if error else 'gRPC refused the address'}"
    raise OSError(error, f"{text}; choose another host or port")


def _reason(host: str, port: int) -> int:
    """Why an address cannot be bound: gRPC says only that it could not, a plain socket says why."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.bind(address)
            probe.listen(1)
    except socket.gaierror:
        return 0
    except OSError as error:
        return error.errno or 0
    return 0
