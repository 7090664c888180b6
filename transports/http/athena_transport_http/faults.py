"""Fault → HTTP status and WebSocket close code, in one total table."""

from __future__ import annotations

from typing import NamedTuple

from athena.errors import Fault

__all__ = ["SHAPES", "STATUS_FAULTS", "Shape", "fault_of_status"]

ERROR_FRAME = 1000
"""The close code of faults that an error frame tells of completely."""


class Shape(NamedTuple):
    """How a fault looks on this wire.

    Attributes:
        status: The HTTP status.
        close: The WebSocket close code that follows the error frame.
    """

    status: int
    close: int


SHAPES: dict[Fault, Shape] = {
    Fault.BAD_REQUEST: Shape(400, ERROR_FRAME),
    Fault.UNAUTHENTICATED: Shape(401, 4401),
    Fault.FORBIDDEN: Shape(403, 4403),
    Fault.NOT_FOUND: Shape(404, 4404),
    Fault.UNSUPPORTED: Shape(501, ERROR_FRAME),
    Fault.SESSION_CLOSED: Shape(409, 4409),
    Fault.OUT_OF_ORDER: Shape(409, 4410),
    Fault.TOO_LARGE: Shape(413, 1009),
    Fault.OVERLOADED: Shape(503, 1013),
    Fault.QUOTA: Shape(429, 1013),
    Fault.DEADLINE: Shape(504, ERROR_FRAME),
    Fault.CANCELLED: Shape(499, ERROR_FRAME),
    Fault.USER_ERROR: Shape(500, ERROR_FRAME),
    Fault.INTERNAL: Shape(500, 1011),
    Fault.WORKER_LOST: Shape(502, 4502),
    Fault.UNAVAILABLE: Shape(503, 1012),
}

STATUS_FAULTS: dict[int, Fault] = {
    400: Fault.BAD_REQUEST,
    401: Fault.UNAUTHENTICATED,
    403: Fault.FORBIDDEN,
    404: Fault.NOT_FOUND,
    405: Fault.UNSUPPORTED,
    408: Fault.DEADLINE,
    409: Fault.SESSION_CLOSED,
    413: Fault.TOO_LARGE,
    415: Fault.BAD_REQUEST,
    421: Fault.FORBIDDEN,
    429: Fault.QUOTA,
    431: Fault.TOO_LARGE,
    499: Fault.CANCELLED,
    501: Fault.UNSUPPORTED,
    502: Fault.WORKER_LOST,
    503: Fault.UNAVAILABLE,
    504: Fault.DEADLINE,
}
"""What a bare status means, where a proxy or a foreign server gave no fault's name."""


def fault_of_status(status: int) -> Fault:
    """The nearest fault to a status that came without a name."""
    found = STATUS_FAULTS.get(status)
    if found is not None:
        return found
    return Fault.BAD_REQUEST if 400 <= status < 500 else Fault.INTERNAL
