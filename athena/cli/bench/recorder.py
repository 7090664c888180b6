"""What one process of the load has seen since it last said so: plain counts, and a histogram for each kind of time."""

from __future__ import annotations

import json
from typing import Any

from attrs import define, field, frozen

from .histogram import Histogram

__all__ = ["OTHER", "TIMES", "UNFINISHED", "Answered", "Recorder", "Seen", "line"]

TIMES = {
    "whole": "from when it was due to the last of its answer",
    "sent": "from when it was really sent to the last of its answer",
    "first": "to the first reply, of a stream or a session",
    "last": "from a session's last frame to its end",
    "frame": "from when a frame was due to its reply, where there is one for each",
    "failed": "to the refusal or the failure",
    "late": "by which the load itself sent late",
}
"""Every time that is measured, and what it is."""

COUNTS = ("began", "answered", "timely", "failed", "replies", "sent", "received")
UNFINISHED = "UNFINISHED"
OTHER = ("…", "all other messages")
MOST_MESSAGES = 100


@frozen
class Answered:
    """One good call, besides when it was due, sent and over.

    Attributes:
        replies: How many there were.
        received: Their bytes.
        first: When the first one came; None where there is no more than one.
        last: When the last frame was due; None outside sessions.
        frames: What passed between each frame and its reply; empty where they do not pair.
        late: By how much each frame was written late.
    """

    replies: int
    received: int
    first: float | None = None
    last: float | None = None
    frames: tuple[float, ...] = ()
    late: tuple[float, ...] = ()


@define
class Seen:
    """What has been counted in one stretch of time; ``timely`` are the answers before the run's own end."""

    began: int = 0
    answered: int = 0
    timely: int = 0
    failed: int = 0
    replies: int = 0
    sent: int = 0
    received: int = 0
    times: dict[str, Histogram] = field(factory=lambda: {name: Histogram() for name in TIMES})
    faults: dict[tuple[str, str], int] = field(factory=dict)

    def merge(self, other: Seen) -> None:
        """Add what another has counted."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name, histogram in other.times.items():
            self.times[name].merge(histogram)
        for (fault, message), count in other.faults.items():
            self.blame(fault, message, count)

    def blame(self, fault: str, message: str, count: int = 1) -> None:
        """Count a failure; so many different messages are kept, and the rest together."""
        key = (fault, message)
        if key not in self.faults and len(self.faults) >= MOST_MESSAGES:
            key = OTHER
        self.faults[key] = self.faults.get(key, 0) + count

    def packed(self) -> dict[str, object]:
        """For the way to the process that reports."""
        counts = {name: getattr(self, name) for name in COUNTS}
        times = {name: histogram.packed() for name, histogram in self.times.items() if histogram.count}
        return {**counts, "times": times, "faults": [[*key, count] for key, count in self.faults.items()]}

    @classmethod
    def unpacked(cls, found: dict[str, Any]) -> Seen:  # Any: the other end is this very class
        """What :meth:`packed` has packed."""
        made = cls(*(found[name] for name in COUNTS))
        made.times |= {name: Histogram.unpacked(numbers) for name, numbers in found["times"].items()}
        made.faults = {(fault, message): count for fault, message, count in found["faults"]}
        return made


class Recorder:
    """Counts calls that were due after the warm-up."""

    def __init__(self, start: float, end: float, *, open_loop: bool) -> None:
        """Args:
        start: When the warm-up is over.
        end: When the run is; answers may still come, and their times count.
        open_loop: Whether calls are due at a moment of their own, so that they can be late.
        """
        self._start = start
        self._end = end
        self._open_loop = open_loop
        self._seen = Seen()
        self.flying = 0
        self.over = start

    def began(self, due: float, now: float, size: int) -> None:
        """A call is sent."""
        self.flying += 1
        if due >= self._start:
            self._seen.began += 1
            self._seen.sent += size
            if self._open_loop:
                self._seen.times["late"].add(now - due)

    def answered(self, due: float, sent: float, now: float, what: Answered) -> None:
        """It went well."""
        self.flying -= 1
        if due < self._start:
            return
        seen, times = self._seen, self._seen.times
        seen.answered += 1
        seen.timely += now <= self._end
        self.over = now
        seen.replies += what.replies
        seen.received += what.received
        times["whole"].add(now - due)
        if self._open_loop:
            times["sent"].add(now - sent)
        if what.first is not None:
            times["first"].add(what.first - due)
        if what.last is not None:
            times["last"].add(now - what.last)
        for name, found in (("frame", what.frames), ("late", what.late)):
            for seconds in found:
                times[name].add(seconds)

    def failed(self, due: float, now: float, fault: str, message: str) -> None:
        """It did not."""
        self.flying -= 1
        if due >= self._start:
            self._seen.failed += 1
            self.over = now
            self._seen.times["failed"].add(now - due)
            self._seen.blame(fault, message[:300])

    def taken(self) -> Seen:
        """What was counted since the last time this was asked."""
        seen, self._seen = self._seen, Seen()
        return seen


def line(kind: str, **said: object) -> bytes:
    """One line from a process of the load."""
    return json.dumps({"kind": kind, **said}, separators=(",", ":")).encode() + b"\n"
