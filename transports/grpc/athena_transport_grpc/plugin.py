"""The gRPC transport as a plugin: its table, and its server, for which gRPC is loaded in a way of its own."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from athena import hookimpl
from athena.interfaces import PluginContext
from athena.section import BadValue, at_least, between, not_empty, option, section

__all__ = ["Grpc"]

_EXPERIMENTS = "GRPC_EXPERIMENTS"
_OLDER_LOOP = "-event_engine_client,-event_engine_listener"


class Grpc:
    """Serves athena.v1 over gRPC, with the standard health and reflection services."""

    @section
    class Section:
        """``[transports.grpc]``."""

        host: str = option("127.0.0.1", help="Address to bind.", check=not_empty)
        port: int = option(5090, help="Port to bind; 0 picks a free one.", check=between(0, 65535))
        certificate: str = option("", help="PEM file with the server's certificate chain; empty serves without TLS.")
        key: str = option("", help="PEM file with the certificate's private key; empty means it is in the same file.")
        client_ca: str = option(
            "", help="PEM file of authorities; clients must then show a certificate of one of them."
        )
        keepalive: float = option(20.0, help="Seconds of silence before a peer is asked for a sign.", check=at_least(1))
        keepalive_timeout: float = option(
            10.0, help="Seconds to wait for that sign; then the connection is closed.", check=at_least(1)
        )
        max_connections: int = option(1024, help="Connections at once.", check=at_least(1))
        max_streams: int = option(1024, help="Calls and sessions at once on one connection.", check=at_least(1))
        max_calls: int = option(8192, help="Calls and sessions at once on all connections.", check=at_least(1))
        max_metadata: int = option(16384, help="Bytes of a call's metadata.", check=at_least(1024))

        def __attrs_post_init__(self) -> None:
            if (self.key or self.client_ca) and not self.certificate:
                raise BadValue("certificate", "a PEM file, since key or client_ca is given", self.certificate)

    def __init__(self, section: Grpc.Section) -> None:
        self._section = section

    @hookimpl
    def athena_provide(self, context: PluginContext) -> tuple[object, ...]:
        """The server."""
        with _older_loop():
            server = importlib.import_module(f"{__package__}.server")
        return (server.GrpcServer(self._section, context),)


@contextmanager
def _older_loop() -> Iterator[None]:
    """Have gRPC, if this is where it is loaded, poll its sockets the way it did for years.

    Its newer event engine hands every event from thread to thread; without it a session's frame takes a fifth less of
    the processor, and half the switches of threads. gRPC looks at this variable once, when it is loaded; what an
    operator has put there is theirs, and nothing is left behind for the processes we start.
    """
    if _EXPERIMENTS in os.environ:
        yield
        return
    os.environ[_EXPERIMENTS] = _OLDER_LOOP
    try:
        yield
    finally:
        del os.environ[_EXPERIMENTS]
