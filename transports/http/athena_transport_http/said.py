"""What a call's HTTP head says: how long its caller waits, what its body is, and what goes on to the wrapper."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from aiohttp.hdrs import CONTENT_TYPE
from multidict import CIMultiDictProxy, istr

from athena.errors import Fault, ServiceError
from athena.models import EMPTY

from .answers import JSON
from .forms import FORM
from .front import PRIORITY_HEADER, Refused, timeout_of
from .media import BYTES, KINDS
from .routes import Action, Route
from .tracing import traced

__all__ = ["HEADER_LENGTH", "Said", "is_json", "must_be_plain", "said_of", "told"]

HEADER_LENGTH = istr("Inference-Header-Content-Length")
_CURL = "application/x-www-form-urlencoded"
_TAKES = (
    "send application/json, one part as application/octet-stream, text/plain, image/*, audio/* or video/*, "
    "or several as multipart/form-data"
)


class Said(NamedTuple):
    """What the head of one call says.

    Attributes:
        route: Where the call goes.
        timeout: Seconds its caller waits, or None.
        json: Whether the body is a JSON document.
        size: How many bytes of the body are JSON, where the Open Inference Protocol has others behind them; or None.
        told: The headers that go on to the wrapper whatever the body is: priority and trace.
        headers: All of them.
    """

    route: Route
    timeout: float | None
    json: bool
    size: int | None
    told: Mapping[str, str]
    headers: CIMultiDictProxy[str]

    @property
    def deadline(self) -> float | None:
        """``time.monotonic()`` by which the caller wants its answer, or None."""
        return None if self.timeout is None else time.monotonic() + self.timeout


def said_of(headers: CIMultiDictProxy[str], route: Route) -> Said:
    """Read a call's head.

    Raises:
        ServiceError: BAD_REQUEST.
        Refused: 415.
    """
    timeout = timeout_of(headers)
    if route.action is Action.OIP:
        must_be_plain(headers)
        json, size = True, _header_length(headers)
    else:
        json, size = is_json(headers), None
    return Said(route, timeout, json, size, told(headers), headers)


def is_json(headers: CIMultiDictProxy[str]) -> bool:
    """Whether the body is a JSON document; browsers cannot send that type across origins unasked.

    Raises:
        Refused: 415, for a type that is neither JSON nor one part's bytes nor a form.
    """
    return _is_json(headers.get(CONTENT_TYPE, ""))


def told(headers: CIMultiDictProxy[str]) -> Mapping[str, str]:
    """Of HTTP's headers those that are for the kernel, where a body has none of its own: priority and trace."""
    return traced({PRIORITY_HEADER: headers[PRIORITY_HEADER]} if PRIORITY_HEADER in headers else EMPTY, headers)


@lru_cache(256)
def _is_json(given: str) -> bool:
    kind, _, options = given.partition(";")
    kind = kind.strip().lower()
    if kind == JSON or (kind.startswith("application/") and kind.endswith("+json")):
        charset = options.lower().replace(" ", "").replace('"', "")
        if charset not in ("", "charset=utf-8", "charset=utf8"):
            raise Refused(415, ServiceError(Fault.BAD_REQUEST, "Content-Type: JSON is UTF-8, nothing else"))
        return True
    if kind in (BYTES, "text/plain", FORM) or kind.partition("/")[0] in KINDS:
        return False
    raise Refused(415, ServiceError(Fault.BAD_REQUEST, f"Content-Type: {_TAKES}"))


def must_be_plain(headers: CIMultiDictProxy[str]) -> None:
    """Clients send JSON with data behind it under either type, or say nothing of it; curl says that it is a form.

    A page of another origin could send a form unasked, but has been refused by its Origin before this.

    Raises:
        Refused: 415.
    """
    given = headers.get(CONTENT_TYPE, JSON).partition(";")[0].strip().lower()
    if given not in (JSON, BYTES, _CURL) and not given.endswith("+json"):
        raise Refused(415, ServiceError(Fault.BAD_REQUEST, f"Content-Type: send {JSON} or {BYTES}"))


def _header_length(headers: CIMultiDictProxy[str]) -> int | None:
    given = headers.get(HEADER_LENGTH)
    if given is None:
        return None
    if not given.isascii() or not given.isdecimal() or len(given) > 12:
        raise ServiceError(Fault.BAD_REQUEST, f"{HEADER_LENGTH}: expected the number of bytes that are JSON")
    return int(given)
