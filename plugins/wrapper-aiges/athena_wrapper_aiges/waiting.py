"""One call whose result comes by callback."""

from __future__ import annotations

import threading
from typing import Any

from aiges import routing
from athena import Cancelled, Executed, Fault, Request, ServiceError

__all__ = ["Awaited"]

LOOK = 0.1
"""Seconds between two looks at whether anybody still waits."""


class Awaited:
    """Bears the call's sid on the board of callbacks, from ``with`` to its end."""

    def __init__(self, sid: str) -> None:
        self._sid = sid
        self._come = threading.Event()
        self._response: Any = None  # Any: what the wrapper hands over
        self._error: BaseException | None = None

    def __enter__(self) -> Awaited:
        routing.creating(self._sid, self)
        return self

    def __exit__(self, *failure: object) -> None:
        routing.opened()
        routing.close(self._sid, "", self)

    def deliver(self, response: Any) -> bool:  # Any: as above
        """The result; only the first one counts."""
        if self._come.is_set():
            return False
        self._response = response
        self._come.set()
        return True

    def failed(self, error: BaseException) -> None:
        """The wrapper's thread died."""
        self._error = error
        self._come.set()

    def wait(self, request: Request) -> Any:  # Any: as above
        """The result.

        Raises:
            Cancelled: Nobody waits for it any more.
            ServiceError: USER_ERROR, when the wrapper's thread died.
        """
        while not self._come.wait(LOOK):
            if request.cancelled:
                raise Cancelled("nobody waits for this result any more")
        if self._error is not None:
            text = f"the wrapper's thread failed: {type(self._error).__name__}"
            raise ServiceError(Fault.USER_ERROR, text, executed=Executed.YES) from self._error
        return self._response
