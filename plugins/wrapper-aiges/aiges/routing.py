"""From a callback's keys to the session that waits: by sid, by tag, or by the handle that its wrapper gave it."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from typing import Any, Protocol

__all__ = ["Route", "bind", "close", "creating", "deliver", "failed", "opened", "spare", "use_spare"]

log = logging.getLogger("aiges.callback")

PATIENCE = 2.0
"""Seconds a result waits for a session that is being created: its handle is known only when wrapperCreate returns."""


SPARE = 256
"""Results that belong to no session and wait for somebody who asks; hosted, nobody does."""


class Route(Protocol):
    """Who takes a session's results; called on the wrapper's threads."""

    def deliver(self, response: Any) -> bool:  # Any: whatever the wrapper hands over
        """Take one result; False where the session is over."""

    def failed(self, error: BaseException) -> None:
        """The wrapper's own thread died of this."""


class _Board:
    """What is open now. One for the process: a wrapper's callback is a function without an owner."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.by_sid: dict[str, Route] = {}
        self.by_handle: dict[str, list[Route]] = {}
        self.creating: dict[int, Route] = {}
        self.spare: queue.Queue[Any] | None = None  # Any: responses and their keys

    def find(self, keys: tuple[object, ...]) -> Route | None:
        words = [key for key in keys if isinstance(key, str) and key]
        for word in words:
            if word in self.by_sid:
                return self.by_sid[word]
        for word in words:
            if self.by_handle.get(word):
                return self.by_handle[word][-1]
        return None


_board = _Board()


def creating(sid: str, route: Route) -> None:
    """A session's wrapperCreate begins on this thread; results may come before it returns."""
    with _board.changed:
        _board.by_sid[sid] = route
        _board.creating[threading.get_ident()] = route


def opened() -> None:
    """The wrapperCreate that began on this thread has returned."""
    with _board.changed:
        _board.creating.pop(threading.get_ident(), None)
        _board.changed.notify_all()


def bind(handle: str, route: Route) -> None:
    """Its wrapper calls the session this."""
    with _board.changed:
        _board.by_handle.setdefault(handle, []).append(route)


def close(sid: str, handle: str, route: Route) -> None:
    """The session is gone."""
    with _board.changed:
        _board.by_sid.pop(sid, None)
        routes = _board.by_handle.get(handle, [])
        if route in routes:
            routes.remove(route)
        if not routes:
            _board.by_handle.pop(handle, None)


def deliver(response: Any, keys: tuple[object, ...]) -> int:  # Any: as in Route
    """Hand a result to whom its keys name.

    Returns:
        0, or -1 where nobody of that name is there.
    """
    route = _found(keys)
    if route is not None:
        return 0 if route.deliver(response) else -1
    if _board.spare is not None:
        with contextlib.suppress(queue.Full):
            _board.spare.put_nowait((response, keys))
            return 0
    log.debug("a result for %r, whom nobody knows (any more), is dropped", keys)
    return -1


def failed(error: BaseException, *keys: object) -> bool:
    """A wrapper's thread died; whoever waits for it is told.

    Returns:
        Whether somebody was.
    """
    with _board.changed:
        route = _board.find(keys)
    if route is not None:
        route.failed(error)
    return route is not None


def spare(*, create: bool = False) -> queue.Queue[Any]:  # Any: responses and their keys
    """The queue of results that belong to no session."""
    if create or _board.spare is None:
        _board.spare = queue.Queue(SPARE)
    return _board.spare


def use_spare(rq: queue.Queue[Any]) -> None:  # Any: as above
    """Take that queue for them."""
    _board.spare = rq


def _found(keys: tuple[object, ...]) -> Route | None:
    until = time.monotonic() + PATIENCE
    with _board.changed:
        while True:
            route = _board.find(keys)
            if route is not None or not _board.creating:
                return route
            own = _board.creating.get(threading.get_ident())
            if own is not None:
                return own
            left = until - time.monotonic()
            if left <= 0 or not _board.changed.wait(left):
                return _board.find(keys)
