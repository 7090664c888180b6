"""What is wrong in a toml: where, which key, what was expected; and the small words problems are made of."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from ..errors import Path, PluginError, Problem, dotted

__all__ = ["Path", "Problem", "dotted", "nearest", "ordered", "refusal", "unknown"]

_FEW = 5
"""Up to so many candidates are read at a glance; with more, the closest is named too."""


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


def refusal(error: PluginError) -> Problem:
    """A plugin that a service names was refused: the problem of the key, below the service's table, that names it."""
    key = "middleware" if error.plugin.startswith("middleware.") else "wrapper"
    return Problem((key,), str(error))
