"""A pool with a fixed number of places."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

__all__ = ["FixedPool"]


class FixedPool:
    """Objects by the key of their place; all pools of a process share the places, as upstream's do."""

    _places: ClassVar[dict[str, Any]] = {}  # Any: whatever a wrapper puts there
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, capacity: int = 10) -> None:
        self.capacity = capacity

    def set_capacity(self, capacity: int) -> None:
        """How many places there are."""
        self.capacity = int(capacity)

    def add(self, obj: Any) -> tuple[bool, str]:  # Any: as above
        """Take a place: whether there was one, and its key, ``worker-N``."""
        with self._lock:
            for number in range(self.capacity):
                key = f"worker-{number}"
                if key not in self._places:
                    self._places[key] = obj
                    return True, key
        return False, ""

    def get(self, key: str) -> Any:  # Any: as above
        """What has that place, or None."""
        return self._places.get(key)

    def remove(self, key: str) -> None:
        """Give the place back; what had it is stopped, where it can be."""
        with self._lock:
            gone = self._places.pop(key, None)
        stop = getattr(gone, "stop", None)
        if callable(stop):
            stop()

    def clear_all(self) -> None:
        """Give all places back."""
        for key in list(self._places):
            self.remove(key)
