"""Another program's configuration in our tables, and what became of each of its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

__all__ = ["Became", "Translation"]


@frozen
class Became:
    """What a key of another program's configuration has become.

    Attributes:
        old: Its path there.
        new: Its path here; empty where it has no meaning any more.
        text: Why, or how, in one sentence.
    """

    old: tuple[str, ...]
    new: tuple[str, ...] = ()
    text: str = ""


@frozen
class Translation:
    """Another program's configuration in our tables.

    Attributes:
        tables: As a toml would give them; those that were ours already are among them.
        became: Every key of the other's tables, in the order of the file.
        dialect: What it was written for.
    """

    tables: Mapping[str, Any]  # Any: a toml's values
    became: tuple[Became, ...] = ()
    dialect: str = ""
