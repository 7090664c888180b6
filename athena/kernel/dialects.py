"""Documents written for other programs: whoever is installed and knows one reads it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from athena.errors import PluginError, PluginRefused, Problem, SettingsError, dotted
from athena.interfaces import Dialect
from athena.models import Document, Translation
from athena.plugins import Catalog
from athena.settings import Settings
from athena.settings.tables import Translate

__all__ = ["tell", "translator"]

log = logging.getLogger("athena.kernel")


def translator(catalog: Catalog, document: Document) -> Translate:
    """What reads that document in the dialects that are installed; none of them is imported before it is called."""
    folder = str(Path(document.origin).resolve().parent)

    def translate(tables: Mapping[str, Any]) -> Translation | None:  # Any: a toml's values
        for name in catalog.names("dialects"):
            try:
                found = _made(catalog, name).translate(tables, folder)
            except PluginError as error:
                raise SettingsError([Problem((), str(error), document.origin)]) from error
            if found is not None:
                return found
        return None

    return translate


def tell(settings: Settings) -> None:
    """Say in the log which keys of another program's document have no meaning here."""
    if not settings.became:
        return
    lost = ", ".join(dotted(one.old) for one in settings.became if not one.new)
    without = f"; without a meaning here: {lost}" if lost else ""
    log.info("%s was written for another program%s (athena check --explain)", settings.where.origin, without)


def _made(catalog: Catalog, name: str) -> Dialect:
    cls: Any = catalog.load("dialects", name)  # Any: the mro says that it is a Dialect
    if Dialect not in getattr(cls, "__mro__", ()):
        text = f"dialects.{name}: {cls!r} does not inherit athena.interfaces.Dialect"
        raise PluginRefused(text, plugin=f"dialects.{name}")
    dialect: Dialect = cls()
    return dialect
