"""The load: C programs where there are any (wrk, h2load), small Python clients where there are none."""

from __future__ import annotations

from .foreign import JsonLoad, RpcLoad, UpstreamLoad
from .kinds import DealerLoad, GrpcLoad, HttpLoad, Load, SessionLoad
from .programs import Sample, missing

__all__ = [
    "DealerLoad",
    "GrpcLoad",
    "HttpLoad",
    "JsonLoad",
    "Load",
    "RpcLoad",
    "Sample",
    "SessionLoad",
    "UpstreamLoad",
    "missing",
]
