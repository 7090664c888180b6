"""Faults on ZeroMQ: the number beside each name, for clients that switch on numbers (they are gRPC's)."""

from __future__ import annotations

from athena.errors import Fault, ServiceError
from athena_proto.answers import encode_fault

__all__ = ["STATUS", "encoded"]

STATUS: dict[Fault, int] = {
    Fault.BAD_REQUEST: 3,
    Fault.UNAUTHENTICATED: 16,
    Fault.FORBIDDEN: 7,
    Fault.NOT_FOUND: 5,
    Fault.UNSUPPORTED: 12,
    Fault.SESSION_CLOSED: 9,
    Fault.OUT_OF_ORDER: 10,
    Fault.TOO_LARGE: 8,
    Fault.OVERLOADED: 8,
    Fault.QUOTA: 8,
    Fault.DEADLINE: 4,
    Fault.CANCELLED: 1,
    Fault.USER_ERROR: 13,
    Fault.INTERNAL: 13,
    Fault.WORKER_LOST: 10,
    Fault.UNAVAILABLE: 14,
}
"""Fault → number; total, which a test holds."""


def encoded(error: ServiceError) -> bytes:
    """The message of a FAULT."""
    return encode_fault(error, STATUS[error.fault])
