"""Faults on gRPC: the status and the trailers of each, and the way back."""

from __future__ import annotations

import math

import grpc

from athena.errors import Executed, Fault, ServiceError
from athena_proto.answers import rebuild

__all__ = ["STATUS", "from_status", "trailers"]

STATUS: dict[Fault, grpc.StatusCode] = {
    Fault.BAD_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
    Fault.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Fault.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    Fault.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Fault.UNSUPPORTED: grpc.StatusCode.UNIMPLEMENTED,
    Fault.SESSION_CLOSED: grpc.StatusCode.FAILED_PRECONDITION,
    Fault.OUT_OF_ORDER: grpc.StatusCode.ABORTED,
    Fault.TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Fault.OVERLOADED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Fault.QUOTA: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Fault.DEADLINE: grpc.StatusCode.DEADLINE_EXCEEDED,
    Fault.CANCELLED: grpc.StatusCode.CANCELLED,
    Fault.USER_ERROR: grpc.StatusCode.INTERNAL,
    Fault.INTERNAL: grpc.StatusCode.INTERNAL,
    Fault.WORKER_LOST: grpc.StatusCode.ABORTED,
    Fault.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}
"""Fault → status; total, which a test holds."""

# A status without our trailers comes from gRPC itself, or from somebody between us and the server.
_BARE: dict[grpc.StatusCode, tuple[Fault, Executed]] = {
    grpc.StatusCode.INVALID_ARGUMENT: (Fault.BAD_REQUEST, Executed.NO),
    grpc.StatusCode.UNAUTHENTICATED: (Fault.UNAUTHENTICATED, Executed.NO),
    grpc.StatusCode.PERMISSION_DENIED: (Fault.FORBIDDEN, Executed.NO),
    grpc.StatusCode.NOT_FOUND: (Fault.NOT_FOUND, Executed.NO),
    grpc.StatusCode.UNIMPLEMENTED: (Fault.UNSUPPORTED, Executed.NO),
    grpc.StatusCode.RESOURCE_EXHAUSTED: (Fault.OVERLOADED, Executed.NO),
    grpc.StatusCode.DEADLINE_EXCEEDED: (Fault.DEADLINE, Executed.UNKNOWN),
    grpc.StatusCode.CANCELLED: (Fault.CANCELLED, Executed.UNKNOWN),
    # Lost on the way: the request may have arrived. What certainly has not is told apart below.
    grpc.StatusCode.UNAVAILABLE: (Fault.WORKER_LOST, Executed.UNKNOWN),
}
_NEVER_SENT = ("failed to connect", "connections to all backends failing", "dns resolution failed", "shutting down")
_TOO_LARGE = "larger than max"

Trailers = tuple[tuple[str, str], ...]


def trailers(error: ServiceError) -> Trailers:
    """The trailers of an error: its name, whether the wrapper ran, and what else is known."""
    found = [("athena-fault", error.fault.name), ("athena-executed", error.executed.value)]
    if error.code is not None:
        found.append(("athena-code", str(error.code)))
    if error.retry_after is not None:
        found.append(("athena-retry-after-ms", str(max(0, math.ceil(error.retry_after * 1000)))))
    if error.error_id:
        found.append(("athena-error-id", error.error_id))
    return tuple(found)


def from_status(error: grpc.aio.AioRpcError) -> ServiceError:
    """The error that the other end raised, or that the way to it means."""
    found = dict(error.trailing_metadata() or ())
    details = error.details() or ""
    name = found.get("athena-fault")
    if name is None:
        return _bare(error.code(), details)
    return rebuild(
        str(name),
        details,
        executed=_executed(found.get("athena-executed")),
        code=_number(found.get("athena-code")),
        retry_after=_seconds(found.get("athena-retry-after-ms")),
        error_id=str(found.get("athena-error-id", "")),
    )


def _bare(status: grpc.StatusCode, details: str) -> ServiceError:
    fault, executed = _BARE.get(status, (Fault.INTERNAL, Executed.UNKNOWN))
    said = details.lower()
    if fault is Fault.WORKER_LOST and any(words in said for words in _NEVER_SENT):
        fault, executed = Fault.UNAVAILABLE, Executed.NO
    elif fault is Fault.OVERLOADED and _TOO_LARGE in said:
        fault = Fault.TOO_LARGE
    return ServiceError(fault, details or status.name, executed=executed)


def _executed(value: object) -> Executed:
    try:
        return Executed(value)
    except ValueError:
        return Executed.UNKNOWN


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _seconds(value: object) -> float | None:
    number = _number(value)
    return None if number is None else number / 1000
