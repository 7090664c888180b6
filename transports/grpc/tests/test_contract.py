"""The transport's contract, asked of gRPC."""

from __future__ import annotations

from athena.testing import TransportContract


class TestGrpc(TransportContract):
    transport = "grpc"
    section = {"port": 0}
