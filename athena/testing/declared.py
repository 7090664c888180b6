"""Rows of a contract that need something: a class that does not declare it has none of them, skipped ones neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

__all__ = ["Declared", "needs"]

_NEEDS = "athena_needs"
T = TypeVar("T", bound=Callable[..., object])


def needs(*what: str) -> Callable[[T], T]:
    """Mark a row; write it above every other decorator."""

    def mark(row: T) -> T:
        setattr(row, _NEEDS, frozenset(what))
        return row

    return mark


class Declared:
    """A contract whose classes say what they have; rows that need more are not among their tests."""

    @classmethod
    def has(cls) -> frozenset[str]:
        """What the class declares, in the words of :func:`needs`."""
        return frozenset()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        has = cls.has()
        rows = {name: row for base in reversed(cls.__mro__) for name, row in vars(base).items() if hasattr(row, _NEEDS)}
        for name, row in rows.items():
            if name in vars(cls):
                continue  # the class's own word
            wanted, current = getattr(row, _NEEDS) <= has, getattr(cls, name)
            if wanted and current is None:
                setattr(cls, name, row)
            elif not wanted and current is row:
                setattr(cls, name, None)
