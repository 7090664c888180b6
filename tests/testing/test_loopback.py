"""The loopback keeps the contract it is there to test others with."""

from __future__ import annotations

from athena.testing import Loopback, LoopbackChannel, TransportContract


class TestLoopback(TransportContract):
    transport = "loopback"
    wire = False
    plugins = {"transports.loopback": Loopback}
    channel = LoopbackChannel
