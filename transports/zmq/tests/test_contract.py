"""The transport's contract, asked of ZeroMQ."""

from __future__ import annotations

from athena.testing import TransportContract


class TestZmq(TransportContract):
    transport = "zmq"
    section = {"port": 0}
