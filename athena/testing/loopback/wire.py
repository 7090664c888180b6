"""What crosses the loopback: copies of values, checked as a codec checks them, and the pipe replies come through."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Iterable, Mapping

from attrs import evolve, frozen

from athena.errors import Executed, Fault, ServiceError
from athena.models import EMPTY, Expectation, Part, Reply, Request

__all__ = ["Message", "Pipe", "as_fault", "carry_parts", "carry_reply", "pack"]

AHEAD = 16
"""Replies that may wait in a pipe: its flow control."""


@frozen(eq=False)
class Message:
    """A request as it would stand on a wire: no principal, no cancellation, and time as what remains."""

    operation: str
    service: str = ""
    parts: tuple[Part, ...] = ()
    params: Mapping[str, str] = EMPTY
    headers: Mapping[str, str] = EMPTY
    expect: tuple[Expectation, ...] = ()
    remaining: float | None = None
    key: str = ""
    alias: str | None = None
    wait: float | None = None


def pack(operation: str, request: Request, headers: Mapping[str, str]) -> Message:
    """The client's end of the codec: what ``request`` says, with the channel's own headers."""
    merged = {name.lower(): value for name, value in {**headers, **request.headers}.items()}
    parts, params = carry_parts(request.parts, None), dict(request.params)
    return Message(operation, request.service, parts, params, merged, request.expect, request.remaining)


def carry_parts(parts: Iterable[Part], limit: int | None) -> tuple[Part, ...]:
    """Copies with bytes of their own.

    Raises:
        ServiceError: TOO_LARGE, where they hold more than ``limit`` bytes; BAD_REQUEST, for what no wire could carry.
    """
    there = tuple(parts)
    size = sum(len(part.data) + len(part.key) for part in there)
    if limit is not None and size > limit:
        raise ServiceError(Fault.TOO_LARGE, f"the message has {size} bytes; at most {limit} are taken")
    return tuple(evolve(part, data=bytes(part.data), attributes=dict(part.attributes)) for part in there)


def carry_reply(reply: Reply, limit: int) -> Reply:
    """A copy of a reply.

    Raises:
        ServiceError: TOO_LARGE.
    """
    try:
        parts = carry_parts(reply.parts, limit)
    except ServiceError as error:
        raise ServiceError(error.fault, error.message, executed=Executed.YES) from error
    return Reply(parts, reply.stage, dict(reply.attributes))


def as_fault(error: BaseException, log: logging.Logger) -> ServiceError:
    """An error as it would stand on a wire: the same facts in another object, and never a traceback."""
    if isinstance(error, ServiceError):
        return ServiceError(
            error.fault,
            error.message,
            executed=error.executed,
            code=error.code,
            retry_after=error.retry_after,
            error_id=error.error_id,
        )
    error_id = uuid.uuid4().hex[:12]
    log.error("%s: a call failed inside the transport", error_id, exc_info=error)
    return ServiceError(Fault.INTERNAL, f"internal error {error_id}", executed=Executed.UNKNOWN, error_id=error_id)


class Pipe:
    """Replies on their way to one reader, a few at most, and then the end: None or a fault."""

    def __init__(self) -> None:
        self._items: deque[Reply] = deque()
        self._over = False
        self._error: ServiceError | None = None
        self._told = False
        self._changed = asyncio.Condition()

    @property
    def over(self) -> bool:
        """Whether the end has been put in; replies may still wait."""
        return self._over

    async def put(self, reply: Reply) -> None:
        """Add a reply; waits while too many lie there."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._items) < AHEAD or self._over)
            if not self._over:
                self._items.append(reply)
            self._changed.notify_all()

    async def finish(self, error: ServiceError | None = None) -> None:
        """Add the end; the first one counts."""
        async with self._changed:
            if not self._over:
                self._over, self._error = True, error
            self._changed.notify_all()

    async def get(self) -> Reply | None:
        """The next reply; None at the end, and after it.

        Raises:
            ServiceError: The end, where it is a fault: once.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._items or self._over)
            if self._items:
                reply = self._items.popleft()
                self._changed.notify_all()
                return reply
            if self._error is not None and not self._told:
                self._told = True
                raise self._error
            return None
