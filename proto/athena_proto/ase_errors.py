"""Errors in ASE JSON: the codes upstream's clients know, and the header that carries them, there and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from athena.errors import Executed, Fault, ServiceError

__all__ = ["ASE_CODES", "NO_SUCH_SESSION", "code_of", "decode_error", "encode_error", "error_header"]

NO_SUCH_SESSION = 10008
"""The code of NOT_FOUND where what was not found is a session."""

ASE_CODES: dict[Fault, int] = {
    Fault.BAD_REQUEST: 10163,
    Fault.UNAUTHENTICATED: 10313,
    Fault.FORBIDDEN: 10313,
    Fault.NOT_FOUND: 10404,
    Fault.UNSUPPORTED: 10003,
    Fault.SESSION_CLOSED: 10101,
    Fault.OUT_OF_ORDER: 10009,
    Fault.TOO_LARGE: 10009,
    Fault.OVERLOADED: 10110,
    Fault.QUOTA: 11201,
    Fault.DEADLINE: 10114,
    Fault.CANCELLED: 10101,
    Fault.USER_ERROR: 30003,
    Fault.INTERNAL: 11502,
    Fault.WORKER_LOST: 10109,
    Fault.UNAVAILABLE: 10225,
}
"""Fault → ``header.code``, where the wrapper gave none of its own; total, which a test holds."""

_FAULTS = {code: fault for fault, code in reversed(ASE_CODES.items())} | {NO_SUCH_SESSION: Fault.NOT_FOUND}


def code_of(error: ServiceError, *, session: bool = False) -> int:
    """The number in ``header.code``: the wrapper's own, else ours.

    Args:
        error: What went wrong.
        session: Whether what was asked for is a session, not a service.
    """
    if error.code is not None:
        return error.code
    if session and error.fault is Fault.NOT_FOUND:
        return NO_SUCH_SESSION
    return ASE_CODES[error.fault]


def error_header(
    error: ServiceError, sid: str = "", *, session: bool = False, cid: str | int = ""
) -> dict[str, object]:
    """The ``header`` of an error: upstream's ``code``, ``message``, ``sid``, and ours, which keep the fault whole."""
    header: dict[str, object] = {
        "code": code_of(error, session=session),
        "message": error.message,
        "sid": sid,
        "fault": error.fault.name,
        "executed": error.executed.value,
    }
    if cid != "":
        header["cid"] = cid
    if error.code is not None:
        header["wrapper_code"] = error.code
    if error.retry_after is not None:
        header["retry_after"] = error.retry_after
    if error.error_id:
        header["error_id"] = error.error_id
    return header


def encode_error(error: ServiceError, sid: str = "", *, session: bool = False, cid: str | int = "") -> bytes:
    """``{"header": {"code": …, "message": …, "sid": …, "fault": …, "executed": …}}``."""
    return orjson.dumps({"header": error_header(error, sid, session=session, cid=cid)})


def decode_error(header: Mapping[str, Any]) -> ServiceError:  # Any: whatever the other side put there
    """The error that a reply's header tells of, with nothing lost; a foreign server's bare code is mapped back."""
    code = header.get("code")
    fault = Fault.__members__.get(word(header.get("fault")))
    own = header.get("wrapper_code")
    if fault is None:
        fault = _FAULTS.get(code, Fault.USER_ERROR) if isinstance(code, int) else Fault.INTERNAL
        own = code if fault is Fault.USER_ERROR else None
    after = header.get("retry_after")
    return ServiceError(
        fault,
        word(header.get("message")) or "the server gave no reason",
        executed=_EXECUTED.get(word(header.get("executed")), Executed.UNKNOWN),
        code=own if isinstance(own, int) and -(2**63) <= own < 2**63 else None,
        retry_after=float(after) if isinstance(after, (int, float)) and 0 <= after <= _LATEST else None,
        error_id=word(header.get("error_id")),
    )


def word(value: object) -> str:
    """A string that a foreign header holds; "" for whatever else stands there."""
    return value if isinstance(value, str) else ""


_LATEST = 10**9
_EXECUTED = {each.value: each for each in Executed}
