"""The one mutable thing a request carries: whether anybody still waits for it, and whether it has been started."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Token"]


class Token:
    """A call's cancellation, seen by its wrapper as ``request.cancelled``.

    Setting it is one attribute store, reading it another: cheap enough for a loop that polls. Callbacks are for whoever
    sleeps on something else (a full outbox) and must be woken.

    Attributes:
        cancelled: True once nobody waits any more.
        started: True once the call was handed to a lane or written to a worker: then nobody may run it elsewhere.
        held: True while an executor holds a lane for the call; it may do so longer than anybody waits.
        behind: See :meth:`lag`; unset where no executor streams for it.
    """

    __slots__ = ("_callbacks", "_then", "behind", "cancelled", "held", "started")
    behind: Callable[[float], float]

    def __init__(self) -> None:
        self.cancelled = False
        self.started = False
        self.held = False
        self._then: Callable[[], None] | None = None
        self._callbacks: list[Callable[[], None]] | None = None

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Call back once, from whichever thread cancels; at once if that has happened."""
        callbacks = self._callbacks
        if callbacks is None:
            callbacks = self._callbacks = []
        callbacks.append(callback)
        # The flag is set before the list is drained, so a callback that comes late sees the flag here.
        if self.cancelled:
            self._drain()

    def cancel(self) -> None:
        """Nobody waits any more; idempotent, from any thread."""
        self.cancelled = True
        self._drain()

    def lag(self, now: float) -> float:
        """Seconds for which its reader has taken nothing, while all waited that may; asked on the loop."""
        behind: Callable[[float], float] | None = getattr(self, "behind", None)
        return 0.0 if behind is None else behind(now)

    def release(self) -> None:
        """The executor holds nothing for the call any more; on the loop."""
        self.held = False
        then, self._then = self._then, None
        if then is not None:
            then()

    def then(self, callback: Callable[[], None]) -> None:
        """Call back once, when what is held is released; on the loop, and only while something is held."""
        self._then = callback

    def _drain(self) -> None:
        callbacks = self._callbacks
        while callbacks:
            try:
                callback = callbacks.pop()
            except IndexError:
                return
            callback()
