"""One toml becomes typed settings, or every fault in it at once, each with its file and line.

All but the problems is fetched when first asked for: what reads a toml needs cattrs, and attrs builds the classes of
the values anew in every process; a worker, which is handed its tables, should pay for neither.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .problems import Problem

if TYPE_CHECKING:
    from .structure import settle
    from .tables import Resolve, locate, plugins_of, read
    from .values import KernelSettings, Locations, LogSettings, PluginsSettings, Settings

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
    "KernelSettings": "values",
    "Locations": "values",
    "LogSettings": "values",
    "PluginsSettings": "values",
    "Resolve": "tables",
    "Settings": "values",
    "locate": "tables",
    "plugins_of": "tables",
    "read": "tables",
    "settle": "structure",
}


def __getattr__(name: str) -> object:
    if name not in _FETCHED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_FETCHED[name]}"), name)
