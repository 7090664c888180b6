"""What an answer is awaited for: nothing, or that its client has taken most of it."""

from __future__ import annotations

from aiohttp import web

__all__ = ["drained", "nothing"]


async def nothing() -> None:
    """There is nothing to wait for."""


async def drained(protocol: web.RequestHandler) -> None:
    """Return when the client has taken most of what was written; what a stream writer of aiohttp does to drain."""
    if protocol.transport is not None and protocol.writing_paused:
        await protocol._drain_helper()
