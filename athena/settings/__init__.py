"""One toml becomes typed settings, or every fault in it at once, each with its file and line.

``read``, ``locate`` and ``settle`` are fetched when first asked for: they need cattrs, which a program that never reads
a toml should not pay for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .problems import Problem
from .values import KernelSettings, Locations, LogSettings, PluginsSettings, Settings

if TYPE_CHECKING:
    from .structure import settle
    from .tables import Resolve, locate, plugins_of, read

__all__ = [
    "KernelSettings",
    "Locations",
    "LogSettings",
    "PluginsSettings",
    "Problem",
    "Resolve",
    "Settings",
    "locate",
    "plugins_of",
    "read",
    "settle",
]

_FETCHED = {
    "Resolve": "tables",
    "locate": "tables",
    "plugins_of": "tables",
    "read": "tables",
    "settle": "structure",
}


def __getattr__(name: str) -> object:
    if name not in _FETCHED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_FETCHED[name]}"), name)
