"""A step of stopping: what fails, or takes too long, does not keep the rest from being stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

__all__ = ["quietly"]

log = logging.getLogger("athena.kernel")


async def quietly(what: Awaitable[object]) -> None:
    """Await a step of stopping; a failure is logged and the stop goes on."""
    try:
        await what
    except (Exception, asyncio.CancelledError):
        log.exception("a step of stopping failed; the stop goes on")
