"""What a library tells beside its results, through the functions wrapperSetCtrl gave it: units, figures, traces."""

from __future__ import annotations

import logging
from collections.abc import Callable

from .abi import FFI, NULL, Pointer
from .nodes import words
from .tags import Tags

__all__ = ["Controls"]

log = logging.getLogger("athena.wrapper.native")


class Controls:
    """The three functions, from any thread. Each returns 0, or -1 when nobody is behind the tag.

    Attributes:
        functions: What wrapperSetCtrl is given, by its CtrlType.
    """

    def __init__(self, tags: Tags) -> None:
        self._tags = tags
        self.functions: dict[int, Pointer] = {
            0: FFI.callback("wrapperMeterCustom", _safe(self._meter), error=-1),
            1: FFI.callback("wrapperMetricsLog", _safe(self._metric), error=-1),
            2: FFI.callback("wrapperTraceLog", _safe(self._trace), error=-1),
        }

    def _meter(self, pointer: Pointer, unit: Pointer, count: int) -> int:
        tag = self._tags.find(pointer)
        if tag is None or unit == NULL:
            return -1
        tag.count(words(unit), count)
        return 0

    def _metric(self, pointer: Pointer, key: Pointer, value: int) -> int:
        log.info("metric %s=%d (%s)", words(key), value, words(FFI.cast("char *", pointer)) or "no call")
        return 0

    def _trace(self, pointer: Pointer, key: Pointer, value: Pointer) -> int:
        log.info("trace %s=%s (%s)", words(key), words(value), words(FFI.cast("char *", pointer)) or "no call")
        return 0


def _safe(function: Callable[[Pointer, Pointer, Pointer], int]) -> Callable[[Pointer, Pointer, Pointer], int]:
    """Nothing may be raised into C; the log says what was."""

    def called(first: Pointer, second: Pointer, third: Pointer) -> int:
        try:
            return function(first, second, third)
        except Exception:
            log.exception("a function that the library was given failed")
            return -1

    return called
