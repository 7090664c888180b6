"""A plugin's table becomes its section; where there is neither, nothing is imported for it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

__all__ = ["settled"]


def settled(section: type | None, table: Mapping[str, Any], path: tuple[str, ...]) -> Any:  # Any: as settings.settle
    """As :func:`athena.settings.settle`, and spares a worker cattrs whose wrapper has no section and no keys.

    Raises:
        SettingsError: Every fault of the table, without file and line.
        PluginBroken: The section itself is not usable.
    """
    if section is None and table == {}:
        return None
    return importlib.import_module("athena.settings").settle(section, table, path)
