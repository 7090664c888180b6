"""A session's phases and moves, as one table; no I/O.

::

    NEW ─CREATE→ OPEN ─WRITE→ OPEN ─WRITE_END→ HALF_CLOSED ─READ_END→ DONE
                   └─READ→ OPEN           └─READ→ HALF_CLOSED
    OPEN ─READ_END→ DONE          (the wrapper may end first)
    any ─CLOSE→ CLOSED            (client gone, deadline, fault, shutdown: all of them close)

Rule 1: an illegal move raises and changes nothing.
Rule 2: DONE means the terminal event was handed to the reader; CLOSED means everything is freed.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from athena.models import LAST, Part

from .errors import Fault, ServiceError

__all__ = ["Move", "Phase", "Sequence", "Streams", "step"]


class Phase(Enum):
    """Where a session is."""

    NEW = "new"
    OPEN = "open"
    HALF_CLOSED = "half-closed"
    DONE = "done"
    CLOSED = "closed"

    # Members are compared by identity anyway, and Enum's own hash is Python: the table is looked up for every frame.
    __hash__ = object.__hash__


class Move(Enum):
    """What can happen to a session."""

    CREATE = "create"
    WRITE = "write"
    WRITE_END = "last write"
    READ = "read"
    READ_END = "last read"
    CLOSE = "close"

    __hash__ = object.__hash__


MOVES = {
    Phase.NEW: {Move.CREATE: Phase.OPEN, Move.CLOSE: Phase.CLOSED},
    Phase.OPEN: {
        Move.WRITE: Phase.OPEN,
        Move.WRITE_END: Phase.HALF_CLOSED,
        Move.READ: Phase.OPEN,
        Move.READ_END: Phase.DONE,
        Move.CLOSE: Phase.CLOSED,
    },
    Phase.HALF_CLOSED: {Move.READ: Phase.HALF_CLOSED, Move.READ_END: Phase.DONE, Move.CLOSE: Phase.CLOSED},
    Phase.DONE: {Move.CLOSE: Phase.CLOSED},
    Phase.CLOSED: {Move.CLOSE: Phase.CLOSED},
}

_SENTENCES = {
    Phase.NEW: "the session is not open yet",
    Phase.HALF_CLOSED: "the session's input has ended",
    Phase.DONE: "the session has ended",
    Phase.CLOSED: "the session is closed",
}


def step(phase: Phase, move: Move) -> Phase:
    """The phase after a move.

    Raises:
        ServiceError: SESSION_CLOSED, for a move that the phase does not allow.
    """
    after = MOVES[phase].get(move)
    if after is None:
        raise ServiceError(Fault.SESSION_CLOSED, f"{_SENTENCES.get(phase, phase.value)}: no {move.value} is possible")
    return after


class Streams:
    """Which of a session's streams are still open."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: set[str] = set()

    def take(self, parts: Iterable[Part]) -> bool:
        """Note the parts of one write; says whether the input has ended with them."""
        marked = False
        ended = False
        for part in parts:
            last = part.stage in LAST
            ended = ended or last
            if last:
                self._open.discard(part.key)
                marked = marked or not part.key
            else:
                self._open.add(part.key)
        return marked or (ended and not self._open)


class Sequence:
    """The order of a session's writes, by the ``seq`` of their first counted part."""

    __slots__ = ("_first", "_next")

    def __init__(self) -> None:
        self._first = 0
        self._next: int | None = None

    def take(self, parts: Iterable[Part]) -> bool:
        """Say whether a write is to be run: False for a duplicate, which is acknowledged only.

        Raises:
            ServiceError: OUT_OF_ORDER, for a gap, and for what would have had to come before the first one: it never
                ran, and to acknowledge it would be to lose it.
        """
        seq = _number(parts)
        if seq is None:
            return True
        if self._next is None:
            self._first = self._next = seq
        if seq == self._next:
            self._next = seq + 1
            return True
        if self._first <= seq < self._next:
            return False
        raise ServiceError(
            Fault.OUT_OF_ORDER, f"write {seq} came where {self._next} was expected; send {self._next} next"
        )

    def took(self, parts: Iterable[Part]) -> bool:
        """Whether a write was taken before."""
        seq = _number(parts)
        return seq is not None and self._next is not None and self._first <= seq < self._next

    def untake(self, parts: Iterable[Part]) -> None:
        """The write that was taken last was not accepted after all: its sender may send it again."""
        seq = _number(parts)
        if seq is not None:
            self._next = seq if seq != self._first else None


def _number(parts: Iterable[Part]) -> int | None:
    for part in parts:
        if part.seq is not None:
            return part.seq
    return None
