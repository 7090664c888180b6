"""From probabilities to events: where speech starts and where it ends."""

from __future__ import annotations

__all__ = ["Turns"]

Event = dict[str, object]


class Turns:
    """Listens to one stream's probabilities.

    Speech starts with the first frame at or above the threshold. It ends where the probability fell below the release,
    which is lower so that a voice on the edge does not flicker, once it stayed down for ``silence`` seconds: the end is
    told that much later than it is, and its time is that of the fall.
    """

    __slots__ = ("_fell", "_release", "_silence", "_speaking", "_threshold")

    def __init__(self, threshold: float, silence: float, margin: float = 0.15) -> None:
        self._threshold = threshold
        self._release = max(threshold - margin, threshold / 2)
        self._silence = silence
        self._speaking = False
        self._fell: float | None = None

    def hear(self, begin: float, end: float, probability: float) -> Event | None:
        """The event that a frame brings, if it brings one."""
        if probability >= self._threshold:
            self._fell = None
            if not self._speaking:
                self._speaking = True
                return {"event": "start", "time": begin}
        elif self._speaking:
            if self._fell is None and probability < self._release:
                self._fell = begin
            # A frame between release and threshold neither begins a silence nor ends one.
            if self._fell is not None and end - self._fell >= self._silence - 1e-9:
                return self._ended(self._fell)
        return None

    def close(self, end: float) -> Event | None:
        """The audio is over: who is speaking still, has ended with it, or where the last silence began."""
        return self._ended(end if self._fell is None else self._fell) if self._speaking else None

    def _ended(self, at: float) -> Event:
        self._speaking = False
        self._fell = None
        return {"event": "end", "time": at}
