"""The names by which a library knows calls and sessions, and who is behind each, for callbacks from any thread."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Mapping

from athena import Part, ServiceError

from .abi import FFI, NULL, Pointer

__all__ = ["Deliver", "Outcome", "Tag", "Tags"]

Outcome = list[Part] | int | ServiceError
"""A callback's results, or its error code, or what was wrong with its results."""
Deliver = Callable[[Outcome], bool]
"""Given an outcome; says whether anybody still wanted it."""

_REMEMBERED = 4096
"""Names of what is over whose memory stays: a library may still hold them, and come back with one."""
_LONGEST = 512


class Tag:
    """One call or session.

    Attributes:
        name: What the library and the log call it.
        pointer: The same, as memory of ours.
        deliver: Where a callback's results go; None where none are expected.
    """

    def __init__(self, name: str, deliver: Deliver | None) -> None:
        self.name = name
        self.key = name.encode()
        self.pointer: Pointer = FFI.new("char[]", self.key)
        self.deliver = deliver
        self._units: dict[str, int] = {}
        self._counting = threading.Lock()

    def count(self, unit: str, count: int) -> None:
        """Note units used, from any thread."""
        with self._counting:
            self._units[unit] = self._units.get(unit, 0) + count

    def usage(self) -> Mapping[str, str]:
        """The units since the last reply, as its attributes."""
        if not self._units:
            return {}
        with self._counting:
            units, self._units = self._units, {}
        return {f"usage.{unit}": str(count) for unit, count in units.items()}


class Tags:
    """Those that are alive, by name."""

    def __init__(self) -> None:
        self._alive: dict[bytes, Tag] = {}
        self._over: deque[Pointer] = deque(maxlen=_REMEMBERED)
        self._numbers = itertools.count(1)

    def __len__(self) -> int:
        return len(self._alive)

    def begin(self, sid: str, deliver: Deliver | None = None) -> Tag:
        """Name one, as nobody was named before: a callback that comes too late must find nobody, not somebody else."""
        clean = sid.replace("\0", "")[: _LONGEST - 32]
        tag = Tag(f"{clean.encode('utf-8', 'replace').decode()}-{next(self._numbers):x}", deliver)
        self._alive[tag.key] = tag
        return tag

    def find(self, pointer: Pointer) -> Tag | None:
        """Who is behind a pointer, which may be ours or a copy's; None for nobody any more."""
        if pointer == NULL:
            return None
        return self._alive.get(bytes(FFI.string(FFI.cast("char *", pointer), _LONGEST * 4)))

    def end(self, tag: Tag) -> None:
        """It is over: nothing is delivered to it any more."""
        if self._alive.pop(tag.key, None) is not None:
            self._over.append(tag.pointer)
