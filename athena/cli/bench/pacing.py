"""When each call is due. An open loop keeps to this whatever the server does: a late one is late, never left out."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from random import Random

__all__ = ["Clock", "arrivals", "begin", "share", "until"]

Clock = Callable[[], float]


def arrivals(rate: float, ramp: float, first: int, step: int, chance: Random | None = None) -> Iterator[float]:
    """The seconds after the start at which one of several processes sends, for ever.

    Together the processes send evenly: this one takes every ``step``-th place from ``first`` on.

    Args:
        rate: Calls per second of all processes together, once the ramp is over.
        ramp: Seconds in which the rate grows from nothing, evenly.
        first: This process's number.
        step: How many processes there are.
        chance: Makes arrivals random (a Poisson process) rather than even.
    """
    place = float(first) if chance is None else chance.expovariate(1.0) * step
    while True:
        yield _when(place, rate, ramp)
        place += step if chance is None else chance.expovariate(1.0) * step


def _when(place: float, rate: float, ramp: float) -> float:
    """When so many calls ought to have been sent: the integral of the rate, turned round."""
    if place < rate * ramp / 2:
        return math.sqrt(2 * place * ramp / rate)
    return ramp / 2 + place / rate


def begin(caller: int, callers: int, ramp: float) -> float:
    """The seconds after the start at which one of so many callers of a closed loop begins."""
    return ramp * caller / callers


def share(whole: int, process: int, processes: int) -> int:
    """What one process takes of a number that is split evenly."""
    return whole // processes + (process < whole % processes)


async def until(due: float, clock: Clock = time.monotonic) -> None:
    """Wait for a moment; one that has passed only lets others have their turn."""
    while True:
        left = due - clock()
        await asyncio.sleep(max(left, 0.0))
        # A loop's timers are kept in milliseconds, and one that fires early would make an answer faster than it was.
        if left <= 0:
            return
