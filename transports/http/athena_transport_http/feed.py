"""Reads Server-Sent Events from an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp

from athena.errors import Executed, Fault, ServiceError

from .events import EVENTS

__all__ = ["items"]

LAST = frozenset({"end", "fault"})


async def items(response: aiohttp.ClientResponse, limit: int) -> AsyncIterator[tuple[str, bytes]]:
    """(event, data) for each event up to the last; an answer of another type is one item.

    Args:
        response: The answer.
        limit: Bytes that one event may have.

    Raises:
        ServiceError: WORKER_LOST, when the stream breaks off before its last event; TOO_LARGE.
    """
    if response.content_type != EVENTS:
        yield "", await response.read()
        return
    buffer = b""
    while True:
        piece = await response.content.readany()
        if not piece:
            text = "the stream broke off before its end"
            raise ServiceError(Fault.WORKER_LOST, text, executed=Executed.UNKNOWN)
        buffer += piece
        *whole, buffer = buffer.split(b"\n\n")
        if len(buffer) > limit:
            raise ServiceError(Fault.TOO_LARGE, f"an event is larger than {limit} bytes", executed=Executed.YES)
        for block in whole:
            name, data = _parse(block)
            if data:
                yield name, data
            if name in LAST:
                return


def _parse(block: bytes) -> tuple[str, bytes]:
    name, lines = "", []
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        if field == b"event":
            name = value.strip().decode("ascii", "replace")
        elif field == b"data":
            lines.append(value.removeprefix(b" "))
    return name, b"\n".join(lines)
