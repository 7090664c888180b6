"""Hooks that outlive their deadline: their worker is killed, for nothing else frees its thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from .worker import Worker

__all__ = ["Reaper"]


class Reaper:
    """Death sentences with a date, taken back when the worker answers after all."""

    def __init__(self, grace: float, patience: float, retire: Callable[[Worker], None]) -> None:
        """Args:
        grace: Seconds after the deadline.
        patience: Seconds for what has no deadline, a session's destruction say.
        retire: Called before the kill: a call that comes between the signal and the death would be lost with it.
        """
        self._grace = grace
        self._patience = patience
        self._retire = retire
        self._sentenced: dict[Any, asyncio.TimerHandle] = {}  # Any: calls and sessions
        self._loop = asyncio.get_running_loop()

    def sentence(self, entry: Any, worker: Worker, deadline: float | None) -> None:  # Any: a call or a session
        """The worker dies when it has not answered by the deadline and the grace after it."""
        if entry not in self._sentenced:
            left = self._patience if deadline is None else max(0.0, deadline - time.monotonic())
            self._sentenced[entry] = self._loop.call_later(left + self._grace, self._kill, entry, worker)

    def spare(self, entry: Any) -> None:  # Any: as above
        """It has answered, or is gone."""
        timer = self._sentenced.pop(entry, None)
        if timer is not None:
            timer.cancel()

    def _kill(self, entry: Any, worker: Worker) -> None:  # Any: as above
        self._sentenced.pop(entry, None)
        self._retire(worker)
        worker.kill("was killed: a hook did not return by its deadline and the grace after it", "deadline")
