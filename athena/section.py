"""How a plugin declares its own toml table: a frozen attrs class of options with help, bounds and secrets.

A plugin's class carries it as ``Section``::

    class Http:
        @section
        class Section:
            host: str = option("127.0.0.1", help="Address to bind.")
            port: int = option(8080, help="Port to bind; 0 picks a free one.", check=between(0, 65535))
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs

from ._compat import dataclass_transform

__all__ = [
    "BadValue",
    "Bounds",
    "Free",
    "Secret",
    "above",
    "at_least",
    "between",
    "not_empty",
    "one_of",
    "option",
    "section",
]

T = TypeVar("T")
# Any: attrs calls validators with (instance, attribute, value).
Check = Callable[[Any, "attrs.Attribute[Any]", Any], None]


class BadValue(ValueError):
    """A value is of the right type but outside its bounds.

    Attributes:
        key: The option's name.
        expected: What would be right, as words that follow "expected".
    """

    def __init__(self, key: str, expected: str, got: object) -> None:
        super().__init__(f"{key}: expected {expected}, got {got!r}")
        self.key = key
        self.expected = expected
        self.got = got


class Secret:
    """A string that never shows itself: ``***`` in repr, str, logs and tracebacks."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself; call it where it is used, never earlier."""
        return self._value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__


class Free(dict[str, Any]):  # Any: a free map holds whatever the toml holds
    """The ``Section`` of a plugin whose table has no fixed keys (hosts of upstream's wrappers)."""


def option(default: Any = attrs.NOTHING, *, help: str, check: Check | None = None, factory: Any = None) -> Any:
    """One key of a section.

    Args:
        default: Its value when the toml has none; without one the key is required.
        help: One sentence; ``athena explain`` prints it.
        check: A validator of this module, or any attrs validator that raises :class:`BadValue`.
        factory: Called for the default of mutable or computed values.
    """
    # Any: attrs.field is typed by its own plugin, through the class-level annotation.
    metadata: Mapping[str, str] = {"help": help}
    if factory is not None:
        return attrs.field(factory=factory, validator=check, metadata=metadata)
    return attrs.field(default=default, validator=check, metadata=metadata)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(option, attrs.field))
def section(cls: type[T]) -> type[T]:
    """Make a class a section: frozen, keyword-only."""
    return attrs.frozen(kw_only=True)(cls)


@attrs.frozen
class Bounds:
    """A check that knows its own words: settings put them into problems, ``athena explain`` into its table.

    Attributes:
        expected: What would be right, as words that follow "expected".
        holds: Whether a value is right.
    """

    expected: str
    holds: Callable[[Any], bool]

    def __call__(self, _: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value is not None and not self.holds(value):
            raise BadValue(attribute.name, self.expected, value)


def between(low: float, high: float) -> Bounds:
    """Refuses what is below ``low`` or above ``high``."""
    return Bounds(f"{low} to {high}", lambda value: bool(low <= value <= high))


def at_least(low: float) -> Bounds:
    """Refuses what is below ``low``."""
    return Bounds(f"{low} or more", lambda value: bool(value >= low))


def above(low: float) -> Bounds:
    """Refuses ``low`` and what is below it."""
    return Bounds(f"more than {low}", lambda value: bool(value > low))


def one_of(*values: Any) -> Bounds:
    """Refuses what is not listed."""
    return Bounds("one of: " + ", ".join(map(str, values)), lambda value: value in values)


not_empty = Bounds(
    "something, not nothing", lambda value: len(value.reveal() if isinstance(value, Secret) else value) > 0
)
"""Refuses an empty string, secret or list."""
