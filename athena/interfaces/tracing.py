"""Who follows a call through the house and beyond: tracers, and the span they keep of each call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from .components import Component

if TYPE_CHECKING:
    from athena.errors import Executed, Fault
    from athena.models import Request

__all__ = ["Span", "Tracer"]


class Span(Protocol):
    """One call or session, while it is in the house.

    Attributes:
        headers: The request's, with what makes the wrapper's spans children of this one.
    """

    headers: Mapping[str, str]

    def ended(self, fault: Fault | None, executed: Executed, admitted: float | None) -> None:
        """Called once, at the end.

        Args:
            fault: None when it ended well.
            executed: Whether the wrapper ran.
            admitted: ``time.monotonic()`` at which its turn came; None where it never came.
        """


class Tracer(Component, Protocol):
    """Sees every call and session from its arrival to its end, those too that are refused."""

    def begin(self, request: Request, transport: str, began: float) -> Span:
        """A call has come. Runs on the loop and in the caller's time: what takes longer belongs into a thread.

        Args:
            request: With the id it is known by, and the headers that say whose child it is.
            transport: The wire it came by.
            began: ``time.monotonic()`` of its arrival.
        """
