"""A step of stopping: what fails, or takes too long, does not keep the rest from being stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

__all__ = ["quietly"]

log = logging.getLogger("athena.kernel")


async def quietly(what: Awaitable[object], seconds: float | None = None) -> None:
    """Await a step of stopping; a failure is logged and the stop goes on.

    Args:
        seconds: How long it may take; then it is cancelled, and the stop goes on as well.
    """
    step = asyncio.ensure_future(what)
    try:
        done, _ = await asyncio.wait([step], timeout=seconds)
        if done:
            step.result()
            return
        step.cancel()
        log.warning("a step of stopping took more than %.1f s; the stop goes on without it", seconds)
    except asyncio.CancelledError:
        step.cancel()
        log.warning("a step of stopping was cancelled; the stop goes on")
    except Exception:
        log.exception("a step of stopping failed; the stop goes on")
