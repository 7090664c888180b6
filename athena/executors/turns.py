"""The jobs of one session: in order, never two at once, on whichever lane is free."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from .lanes import Lanes

__all__ = ["Step", "Turns"]

Step = Callable[[], bool | None]
"""A job of a session; True when the session waits for something else before its next one."""
TURN = 16
"""Jobs of one session in a row, before other work of the lane has its turn."""


class Turns:
    """One session's queue on lanes that it shares with others."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._steps: deque[Step] = deque()
        self._lock = threading.Lock()
        self._scheduled = False

    def add(self, step: Step) -> None:
        """Queue a job, from any thread."""
        with self._lock:
            self._steps.append(step)
            if self._scheduled:
                return
            self._scheduled = True
        self._lanes.submit(self.go_on)

    def go_on(self) -> None:
        """Take the next jobs; after a job that returned True, whoever ends the waiting calls this."""
        for _ in range(TURN):
            with self._lock:
                if not self._steps:
                    self._scheduled = False
                    return
                step = self._steps.popleft()
            if step():
                return  # not to be read from our own state: whoever ends the waiting may be at it on another lane
        self._lanes.submit(self.go_on)
