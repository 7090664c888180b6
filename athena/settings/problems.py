"""What is wrong in a toml: where, which key, what was expected; and the small words problems are made of."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from attrs import frozen

__all__ = ["Path", "Problem", "dotted", "nearest", "ordered", "unknown"]

Path = tuple[str, ...]
"""The way to a key, one element per table; the third element of an array is ``[2]``."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_INDEX = re.compile(r"\[\d+\]")
_FEW = 5
"""Up to so many candidates are read at a glance; with more, the closest is named too."""


@frozen
class Problem:
    """One fault of a configuration.

    Attributes:
        path: The key it is about; empty when it is about the file.
        text: What is wrong and what would do. Never a secret.
        origin: The file or URL, as the user gave it; "" while it is not known.
        line: Counted from 1; 0 while it is not known.
    """

    path: Path
    text: str
    origin: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.origin}:{self.line}" if self.line else self.origin
        return ": ".join(word for word in (place, dotted(self.path), self.text) if word)


def dotted(path: Path) -> str:
    """The path as it would stand in a toml: ``services."*".remote``, ``log.sinks[1]``."""
    text = ""
    for name in path:
        if _INDEX.fullmatch(name):
            text += name
        else:
            text += ("." if text else "") + (name if _BARE.fullmatch(name) else f'"{name}"')
    return text


def nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate that was most likely meant, or ""."""
    return next(iter(difflib.get_close_matches(word, list(candidates), 1, 0.6)), "")


def unknown(what: str, name: str, expected: Sequence[str]) -> str:
    """The text of a problem with a name nobody knows.

    Args:
        what: ``key`` or ``table``.
        name: The name that was given.
        expected: The names there are.
    """
    if not expected:
        return f"unknown {what}; none is expected here"
    text = f"unknown {what}; expected one of: {', '.join(expected)}"
    meant = nearest(name, expected) if len(expected) > _FEW else ""
    return f"{text}; did you mean: {meant}" if meant else text


def ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """In the order of the file, and each once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.path)))
