"""A call: who makes it, what is asked, and what is answered."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Protocol

from attrs import frozen

from athena.errors import Fault, ServiceError

from .parts import EMPTY, LAST, Expectation, Part, Stage

__all__ = [
    "ANONYMOUS",
    "Cancellation",
    "Outbox",
    "Principal",
    "Reply",
    "Request",
    "Resource",
    "ResourceView",
    "SessionContext",
    "named_resources",
]


class Cancellation(Protocol):
    """Says, cheaply and from any thread, whether anybody still waits for the result."""

    @property
    def cancelled(self) -> bool: ...


class Outbox(Protocol):
    """Where a session's wrapper puts its replies."""

    def emit(self, reply: Reply | ServiceError) -> None:
        """Hand over one reply, or the error that ends the session, from any thread.

        Blocks while the outbox is full (64 replies or 4 MiB wait for the client).

        Raises:
            Cancelled: The session is over.
        """


@frozen
class Principal:
    """Who is calling.

    Attributes:
        id: The caller's name, as its guard knows it.
        guard: The guard that vouches, ``""`` for the anonymous default.
        scopes: Services it may use; None means all.
        expires: ``time.time()`` after which it is no longer valid, or None.
        body_sha256: Where the guard's signature covers the body: the digest (hex) the raw body must have.
    """

    id: str
    guard: str = ""
    scopes: frozenset[str] | None = None
    expires: float | None = None
    body_sha256: str | None = None


ANONYMOUS = Principal("anonymous")


@frozen(eq=False, repr=False)
class Request:
    """One call, or one write of a session.

    Attributes:
        service: The service's name.
        sid: The call's or session's id; minted by the kernel.
        parts: The data.
        params: The user's parameters, one mapping; never splatted into keyword arguments.
        headers: What the caller says of itself, lower-case names.
        expect: How the caller wants its results.
        deadline: ``time.monotonic()`` by which the caller wants its answer, or None.
        principal: Who is calling.
        cancellation: Whether anybody still waits; None where nobody can say.
    """

    service: str
    sid: str = ""
    parts: tuple[Part, ...] = ()
    params: Mapping[str, str] = EMPTY
    headers: Mapping[str, str] = EMPTY
    expect: tuple[Expectation, ...] = ()
    deadline: float | None = None
    principal: Principal = ANONYMOUS
    cancellation: Cancellation | None = None

    @property
    def cancelled(self) -> bool:
        """Whether the caller has gone or its deadline has passed; cheap enough to ask in a loop."""
        if self.cancellation is not None and self.cancellation.cancelled:
            return True
        return self.deadline is not None and time.monotonic() >= self.deadline

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline, never negative; None without one."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    @property
    def ended(self) -> bool:
        """In a session: whether every part of this write is the last of its stream."""
        return bool(self.parts) and all(part.stage in LAST for part in self.parts)

    def get(self, key: str) -> Part | None:
        """The first part of that key, or None."""
        return next((part for part in self.parts if part.key == key), None)

    def part(self, key: str) -> Part:
        """The first part of that key.

        Raises:
            ServiceError: BAD_REQUEST, naming the parts there are.
        """
        part = self.get(key)
        if part is None:
            there = ", ".join(sorted({part.key for part in self.parts})) or "none"
            raise ServiceError(Fault.BAD_REQUEST, f"payload.{key}: missing; the request has: {there}")
        return part

    def __repr__(self) -> str:
        return f"Request({self.service!r}, sid={self.sid!r}, parts={list(self.parts)}, params={dict(self.params)})"


@frozen(eq=False)
class Reply:
    """What a wrapper answers: once, item by item, or in a session.

    Attributes:
        parts: The results.
        stage: In a session or stream: END means "no more, ever".
        attributes: About the reply as a whole; ``usage.<unit>`` is summed into the meters and taken off the wire.
    """

    parts: tuple[Part, ...] = ()
    stage: Stage = Stage.ONCE
    attributes: Mapping[str, str] = EMPTY

    def part(self, key: str) -> Part:
        """The first part of that key.

        Raises:
            KeyError: There is none.
        """
        for part in self.parts:
            if part.key == key:
                return part
        raise KeyError(f"no part {key!r}; the reply has: {', '.join(part.key for part in self.parts) or 'none'}")


@frozen(eq=False, repr=False)  # a log that shows it would show the caller's headers
class SessionContext:
    """What a session's wrapper knows of it; made where the wrapper lives."""

    sid: str
    service: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    expect: tuple[Expectation, ...]
    deadline: float | None
    principal: Principal
    outbox: Outbox
    cancellation: Cancellation

    @property
    def cancelled(self) -> bool:
        """Whether the session is over for its client."""
        return self.cancellation.cancelled or (self.deadline is not None and time.monotonic() >= self.deadline)


@frozen(eq=False)
class Resource:
    """A personalised resource: data that later requests name by id."""

    id: str
    parts: tuple[Part, ...]
    attributes: Mapping[str, str] = EMPTY


@frozen
class ResourceView:
    """What is told of a resource that a service holds.

    Attributes:
        id: What requests name it by.
        size: Bytes of its parts.
        sha256: Of all that it is but its id, in hexadecimal.
        users: Calls and sessions that name it now.
    """

    id: str
    size: int
    sha256: str
    users: int = 0


def named_resources(params: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, ...]:
    """The resources that a request names: the parameter or header ``res_id``, else ``patch_id``; ids between ``;``.

    Source:
        The header of upstream's shipped schema, which has both.
    """
    text = params.get("res_id") or headers.get("res_id") or params.get("patch_id") or headers.get("patch_id")
    return tuple(filter(None, map(str.strip, text.split(";")))) if text else ()
