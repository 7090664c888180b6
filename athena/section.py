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
from typing import Any, TypeVar, dataclass_transform

import attrs

__all__ = ["BadValue", "Free", "Secret", "above", "at_least", "between", "not_empty", "one_of", "option", "section"]

T = TypeVar("T")
Check = Callable[[Any, "attrs.Attribute[Any]", Any], None]  # Any: attrs calls validators with (instance, attribute, value)


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


def between(low: float, high: float) -> Check:
    """Refuses what is below ``low`` or above ``high``."""

    def check(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value is not None and not low <= value <= high:
            raise BadValue(attribute.name, f"{low} to {high}", value)

    return check


def at_least(low: float) -> Check:
    """Refuses what is below ``low``."""

    def check(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value is not None and value < low:
            raise BadValue(attribute.name, f"{low} or more", value)

    return check


def above(low: float) -> Check:
    """Refuses ``low`` and what is below it."""

    def check(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value is not None and not value > low:
            raise BadValue(attribute.name, f"more than {low}", value)

    return check


def one_of(*values: Any) -> Check:
    """Refuses what is not listed."""

    def check(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value not in values:
            raise BadValue(attribute.name, "one of: " + ", ".join(map(str, values)), value)

    return check


def not_empty(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Refuses an empty string or list."""
    if not value:
        raise BadValue(attribute.name, "something, not nothing", value)
