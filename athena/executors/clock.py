"""Deadlines by the thousand: one loop timer per 10 ms that has any, instead of one per call."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

__all__ = ["Clock", "Expiring"]

TICK = 0.01
"""Seconds: a deadline fires at most this much late, never early."""


class Expiring(Protocol):
    """What a clock holds."""

    def expire(self) -> None:
        """The time has come; on the loop."""


class Clock:
    """Calls ``expire`` of what is still held when its time has come."""

    def __init__(self) -> None:
        self._slots: dict[int, set[Expiring]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop it lives on, asked for once: asking costs a system call each time."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def hold(self, until: float, what: Expiring) -> int:
        """Hold until a ``time.monotonic()``; returns what ``drop`` wants back."""
        slot = int(until / TICK) + 1
        held = self._slots.get(slot)
        if held is None:
            self._slots[slot] = held = set()
            # The loop's own clock may differ from time.monotonic by an offset (uvloop's does): give it a delay.
            self.loop.call_later(max(0.0, slot * TICK - time.monotonic()), self._fire, slot)
        held.add(what)
        return slot

    def drop(self, slot: int, what: Expiring) -> None:
        """It ended in time."""
        held = self._slots.get(slot)
        if held is not None:
            held.discard(what)

    def held(self) -> list[Expiring]:
        """Everything whose time has not come."""
        return [what for slot in self._slots.values() for what in slot]

    def _fire(self, slot: int) -> None:
        if time.monotonic() < slot * TICK:
            # uvloop's clock is cached per iteration and may run ahead of ours: never early.
            self.loop.call_later(slot * TICK - time.monotonic() + 0.001, self._fire, slot)
            return
        for what in self._slots.pop(slot, ()):
            what.expire()
