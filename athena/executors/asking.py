"""When a wrapper that is asked for replies is asked: at once, and again a little later while it has nothing."""

from __future__ import annotations

from collections.abc import Callable

from .lanes import Lanes
from .turns import Turns

__all__ = ["Asking"]

FIRST_WAIT, LONGEST_WAIT, PATIENCE = 0.005, 0.1, 1.0
"""Seconds: while it has nothing it is asked again after 5, 10, 20 … 100 ms, for 1 s."""


class Asking:
    """One session's schedule; its jobs take their turn with the session's others."""

    def __init__(self, lanes: Lanes, turns: Turns, ask: Callable[[], bool | None], insist: Callable[[], bool]) -> None:
        """Args:
        ask: Asks once: True for a reply, False for nothing yet, None when there is nobody to ask any more.
        insist: Whether to go on beyond the patience: the client has half-closed and waits for the end.
        """
        self._lanes = lanes
        self._turns = turns
        self._ask = ask
        self._insist = insist
        self._chain = 0

    def now(self, waited: float = 0.0) -> None:
        """Ask for replies until there is nothing; then again a little later, as long as that makes sense."""
        self._chain += 1
        while (replied := self._ask()) is not None:
            if not replied:
                self._later(waited)
                return
            waited = 0.0

    def _later(self, waited: float) -> None:
        if waited >= PATIENCE and not self._insist():
            return
        delay = min(LONGEST_WAIT, max(FIRST_WAIT, waited))
        chain = self._chain
        self._lanes.submit_later(delay, lambda: self._turns.add(lambda: self._again(waited + delay, chain)))

    def _again(self, waited: float, chain: int) -> None:
        if chain == self._chain:  # else a write or a read has asked since; its own chain goes on
            self.now(waited)
