"""From the tree of faults that cattrs raises to problems, each with the exact path of its key."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from cattrs.errors import BaseValidationError, ClassValidationError, ForbiddenExtraKeysError, IterableValidationError

from athena.section import BadValue

from .problems import Path, Problem, nearest, unknown
from .strict import WrongType, shown

__all__ = ["MISSING", "bad_value", "walk"]

MISSING = "required key is missing"


def walk(error: Exception, path: Path = (), *, lenient: bool = False) -> list[Problem]:
    """Every fault below an error of structuring.

    Args:
        error: What cattrs raised, a group of groups; or a single fault.
        path: The key whose value was settled.
        lenient: Say nothing of missing keys.
    """
    if isinstance(error, ClassValidationError):
        return list(_of_class(error, path, lenient))
    if isinstance(error, IterableValidationError):
        inner, others = error.group_exceptions()
        items = ((item, f"[{note.index}]" if isinstance(note.index, int) else note.index) for item, note in inner)
        found = [problem for item, name in items for problem in walk(item, (*path, name), lenient=lenient)]
        return found + [problem for other in others for problem in walk(other, path, lenient=lenient)]
    if isinstance(error, BaseValidationError):
        return [problem for each in error.exceptions for problem in walk(each, path, lenient=lenient)]
    return [_leaf(error, path)]


def _of_class(error: ClassValidationError, path: Path, lenient: bool) -> Iterator[Problem]:
    noted, others = error.group_exceptions()
    strangers = [name for each in others if isinstance(each, ForbiddenExtraKeysError) for name in each.extra_fields]
    for fault, note in noted:
        if isinstance(fault, KeyError) and fault.args == (note.name,):
            # A misspelt required key is one fault: it is named as unknown, not as missing too.
            if not lenient and not nearest(note.name, strangers):
                yield Problem((*path, note.name), MISSING)
        else:
            yield from walk(fault, (*path, note.name), lenient=lenient)
    for other in others:
        if isinstance(other, ForbiddenExtraKeysError):
            expected = [attribute.name for attribute in attrs.fields(other.cl) if attribute.init]
            yield from (Problem((*path, name), unknown("key", name, expected)) for name in sorted(other.extra_fields))
        else:
            yield from walk(other, _blamed(other, path), lenient=lenient)


def _blamed(error: Exception, path: Path) -> Path:
    """The key that a whole section blames: our checks say it, attrs' own carry the attribute."""
    if isinstance(error, BadValue):
        return (*path, error.key)
    attribute = error.args[1] if len(error.args) > 1 else None
    return (*path, attribute.name) if isinstance(attribute, attrs.Attribute) else path


def _leaf(error: Exception, path: Path) -> Problem:
    if isinstance(error, BadValue):
        return Problem(path, bad_value(error))
    if isinstance(error, WrongType):
        return Problem(path, error.text)
    return Problem(path, str(error.args[0]) if error.args else type(error).__name__)


def bad_value(error: BadValue) -> str:
    """A value out of its bounds; a secret shows itself as ``***``."""
    value = error.got
    text = shown(value).split(" ", 1)[-1] if isinstance(value, (str, int, float)) else repr(value)
    return f"expected {error.expected}, got {text}"
