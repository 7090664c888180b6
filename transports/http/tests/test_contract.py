"""What every transport promises, asked of HTTP."""

from __future__ import annotations

from athena.testing.transport import TransportContract


class TestHttp(TransportContract):
    """Once, streams, sessions, faults, doors, time and hostility, over sockets."""

    transport = "http"
    section = {"port": 0}
