"""The loopback keeps the contract it is there to test others with; here, what needs no kernel."""

from __future__ import annotations

from athena.testing import Loopback, LoopbackChannel
from athena.testing.transport.faults import FaultRows


class TestAlone(FaultRows):
    transport = "loopback"
    wire = False
    plugins = {"transports.loopback": Loopback}
    channel = LoopbackChannel
