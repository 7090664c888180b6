"""Every way a hook can go wrong, by name: what it raises, what it returns, how it takes its process down."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

__all__ = ["DEADLY", "RAISES", "RETURNS", "SECRET", "misbehave"]

SECRET = "s3cret-of-the-wrapper"
"""The text of what ``exception`` raises: it belongs into the log, and never on a wire."""

RAISES = ("exception", "exit", "interrupt", "stop", "generator-exit", "memory")
"""What a hook may raise. None of it may end the kernel, and all of it is USER_ERROR."""

RETURNS = ("none", "text", "bytes", "number", "mapping", "list", "class", "parts-are-text", "part-data-is-text")
"""What a hook may return instead of a Reply; USER_ERROR as well."""

DEADLY = ("os-exit", "kill")
"""What ends the process it happens in: WORKER_LOST from a worker process, and not for the thread executor at all."""


def misbehave(kind: str) -> Any:  # Any: the wrong results are wrong on purpose
    """Do it.

    Args:
        kind: One of RAISES, RETURNS or DEADLY.
    """
    if kind in RETURNS:
        return _wrong(kind)
    if kind in DEADLY:
        _die(kind)
    _raise(kind)


def _raise(kind: str) -> NoReturn:
    if kind == "exit":
        sys.exit(7)
    raise {
        "exception": ValueError(SECRET),
        "interrupt": KeyboardInterrupt(),
        "stop": StopIteration("early"),
        "generator-exit": GeneratorExit(),
        "memory": MemoryError(),
    }[kind]


def _wrong(kind: str) -> object:
    return {
        "none": None,
        "text": "not a reply",
        "bytes": b"not a reply",
        "number": float("nan"),
        "mapping": {"parts": []},
        "list": [1, 2, 3],
        "class": misbehave,
        "parts-are-text": _Lookalike("not parts"),
        "part-data-is-text": _Lookalike((_Lookalike(()),)),
    }[kind]


class _Lookalike:
    """Has a reply's attributes and is none."""

    attributes: dict[str, str] = {}  # noqa: RUF012  a lookalike is as careless as its author

    def __init__(self, parts: object) -> None:
        self.parts = parts
        self.key = self.data = "text, not bytes"


def _die(kind: str) -> NoReturn:
    if kind == "kill":
        os.kill(os.getpid(), 9)
    os._exit(9)
