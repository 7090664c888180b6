"""The callback that takes handle and sid."""

from __future__ import annotations

import logging
import queue
from typing import Any

from . import routing
from .dto import Response

__all__ = ["callback", "callback_metric", "callback_trace", "set_up"]

log = logging.getLogger("aiges.callback")


def set_up(rq: queue.Queue[Any]) -> None:  # Any: responses and their keys
    """Name the queue for results that belong to no session."""
    routing.use_spare(rq)


def callback(response: Response, handle: object = "", sid: object = "", *more: object) -> int:
    """Hand over a session's result; either key may be the sid, the tag or the handle, or left out.

    Returns:
        0, or -1 where no such session is open any more.
    """
    return routing.deliver(response, (sid, handle, *more))


def callback_metric(tag: str, key: str, count: int) -> int:
    """Count something the wrapper bills by; it is written to the log."""
    log.info("metric %s=%s (%s)", key, count, tag)
    return 0


def callback_trace(tag: str, key: str, value: object) -> int:
    """Say something about a call; it is written to the log."""
    log.debug("trace %s=%s (%s)", key, value, tag)
    return 0
