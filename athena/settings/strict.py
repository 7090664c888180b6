"""One toml type becomes one Python type, and nothing else: ``"8080"`` is no number, 1 is not true."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from enum import Enum
from math import isfinite
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from athena.section import Free, Secret

__all__ = ["SCALARS", "WrongType", "choice", "hides", "members", "shown", "words"]

# Any: hints may be type objects, unions, Literals, or typing's special forms; values are whatever a toml holds.
Hook = Callable[[Any, Any], Any]

_LONG = 60


class WrongType(TypeError):
    """A value is of another type than its key.

    Attributes:
        text: ``expected bool, got str 'false'``; without the value where the type holds a secret.
    """

    def __init__(self, hint: Any, value: object) -> None:
        self.text = f"expected {words(hint)}, got {_kind(value) if hides(hint) else shown(value)}"
        super().__init__(self.text)


def words(hint: Any) -> str:
    """The type as a reader of a toml would say it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return "one of: " + ", ".join(map(str, arguments))
    if origin in {Union, types.UnionType}:
        return " or ".join(words(member) for member in arguments if member is not type(None))
    if origin in {tuple, list, frozenset, set}:
        inner = [words(member) for member in arguments if member is not Ellipsis]
        return f"list of {', '.join(inner)}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "a table" if arguments[-1] in {Any, object} else f"table of {words(arguments[-1])}"
    if hint in {Any, object} or not isinstance(hint, type):
        return "anything"
    return _class_words(hint)


def _class_words(hint: type) -> str:
    if issubclass(hint, Enum):
        return "one of: " + ", ".join(str(member.value) for member in hint)
    if hint in {Secret, Path}:
        return "str"
    if attrs.has(hint) or issubclass(hint, Mapping):
        return "a table"
    if hint in {tuple, list, frozenset, set}:
        return "list"
    return hint.__name__


def shown(value: object) -> str:
    """A toml value for a problem: its type and, where short, itself."""
    if isinstance(value, str):
        return f"str {value!r}" if len(value) <= _LONG else f"str {value[:_LONG]!r}…"
    if isinstance(value, bool):
        return f"bool {str(value).lower()}"
    if isinstance(value, (int, float)):
        if isinstance(value, int) and value.bit_length() > 128:
            return f"int of {value.bit_length()} bits"
        return f"{_kind(value)} {value!r}"
    return _kind(value)


def _kind(value: object) -> str:
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, (list, tuple)):
        return "a list"
    return type(value).__name__


def hides(hint: Any) -> bool:
    """Whether values of that type may hold a secret."""
    if hint is Secret:
        return True
    if isinstance(hint, type) and attrs.has(hint):
        attrs.resolve_types(hint)
        return any(hides(attribute.type) for attribute in attrs.fields(hint))
    return any(hides(member) for member in get_args(hint))


def members(hint: Any) -> tuple[Any, ...]:
    """The members of a union but None."""
    return tuple(member for member in get_args(hint) if member is not type(None))


def choice(hint: Any, allowed: Mapping[Any, Any]) -> Hook:
    """A hook for Literals and Enums: the value must be one of the keys, and of its very type."""

    def structure(value: Any, _: Any) -> Any:
        for key, meant in allowed.items():
            if type(key) is type(value) and key == value:
                return meant
        raise WrongType(hint, value)

    return structure


def _exact(kind: type) -> Hook:
    def structure(value: Any, _: Any) -> Any:
        if type(value) is kind:
            return value
        raise WrongType(kind, value)

    return structure


def _float(value: Any, _: Any) -> float:
    if type(value) not in {int, float}:
        raise WrongType(float, value)
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if not isfinite(number):
        raise ValueError(f"expected a finite number, got {shown(value)}")
    return number


def _made_of_str(kind: Callable[[str], Any]) -> Hook:
    def structure(value: Any, hint: Any) -> Any:
        if isinstance(value, kind) if isinstance(kind, type) else False:
            return value
        if not isinstance(value, str):
            raise WrongType(hint, value)
        return kind(value)

    return structure


def _free(value: Any, _: Any) -> Free:
    if not isinstance(value, Mapping):
        raise WrongType(Free, value)
    return Free(value)


SCALARS: Mapping[Any, Hook] = {
    str: _exact(str),
    int: _exact(int),
    bool: _exact(bool),
    bytes: _exact(bytes),  # no toml has any; but where settings come from code they are what they are
    float: _float,
    Secret: _made_of_str(Secret),
    Path: _made_of_str(Path),
    Free: _free,
    Any: lambda value, _: value,
    object: lambda value, _: value,
}
"""The hook of every type without members."""
