"""Who waits at a service: the most urgent first, in the order of arrival, and nobody for ever."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping

from athena.models import Request

__all__ = ["AGEING", "HEADER", "USUAL", "Line", "Waiter", "rank", "urgency"]

HEADER = "x-priority"
"""How a caller says how urgent a call is: one digit, 9 for what goes first."""
USUAL = 4
"""The priority of a call that does not say, or says something else than a digit."""
AGEING = 1.0
"""Seconds of waiting that weigh as much as one step of priority."""


def urgency(headers: Mapping[str, str]) -> int:
    """A call's priority. What is not one digit counts as not said: a hint is no reason to refuse a call."""
    said = headers.get(HEADER, "")
    return int(said) if len(said) == 1 and "0" <= said <= "9" else USUAL


def rank(request: Request, now: float) -> float:
    """A call's place in the line: smaller goes first. Everybody ages alike, so it never changes."""
    return now - urgency(request.headers) * AGEING


class Waiter:
    """One call in the line.

    Attributes:
        future: Done when its turn has come; failed when it will not come.
        level: Its priority.
        rank: Its place.
        deadline: ``time.monotonic()`` after which it is not worth running; None for never.
    """

    __slots__ = ("deadline", "future", "level", "rank")

    def __init__(self, future: asyncio.Future[None], request: Request, now: float) -> None:
        self.future = future
        self.level = urgency(request.headers)
        self.rank = rank(request, now)
        self.deadline = request.deadline


class Line:
    """Those who wait: one queue for each priority.

    Attributes:
        length: How many they are.
    """

    def __init__(self) -> None:
        self.length = 0
        self._levels: dict[int, OrderedDict[Waiter, None]] = {}

    def add(self, waiter: Waiter) -> None:
        """One more; last of its priority."""
        self._levels.setdefault(waiter.level, OrderedDict())[waiter] = None
        self.length += 1

    def remove(self, waiter: Waiter) -> None:
        """It waits no more; nothing happens where it has left the line already."""
        level = self._levels.get(waiter.level)
        if level is not None and waiter in level:
            del level[waiter]
            self.length -= 1
            if not level:
                del self._levels[waiter.level]

    def first(self) -> Waiter:
        """Take out whose turn it is."""
        # Within one priority who came first is in front, so only the heads are compared.
        waiter = min((next(iter(level)) for level in self._levels.values()), key=_rank)
        self.remove(waiter)
        return waiter

    def last(self) -> Waiter | None:
        """Who would have to wait longest; stays in the line."""
        return max((next(reversed(level)) for level in self._levels.values()), key=_rank, default=None)


def _rank(waiter: Waiter) -> float:
    return waiter.rank
