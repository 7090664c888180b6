"""What differs between Python versions, in one place: tomllib (3.11), task.uncancel (3.11)."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

if sys.version_info >= (3, 11):
    from typing import dataclass_transform

    import tomllib
else:
    import tomli as tomllib
    from typing_extensions import dataclass_transform

__all__ = ["dataclass_transform", "optional", "tomllib", "uncancel"]


def uncancel(task: asyncio.Task[object]) -> None:
    """Take back a cancellation that was ours and has been answered; before 3.11 tasks do not count them."""
    if sys.version_info >= (3, 11):
        task.uncancel()


def optional(name: str, needed_for: str) -> ModuleType:
    """Import a module that only some users have.

    Args:
        name: The module, say ``numpy``.
        needed_for: What the caller wanted it for; it stands in the error.

    Raises:
        ModuleNotFoundError: The module is not installed; the text says what needs it and how to get it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{needed_for} needs {name}: pip install {name}", name=name) from error
