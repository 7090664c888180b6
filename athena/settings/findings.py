"""Where the faults of one reading are gathered, so that all of them are named at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from athena.errors import PluginError, SettingsError

from .problems import Path, Problem, ordered
from .structure import settle
from .values import Locations

__all__ = ["Findings"]

T = TypeVar("T")


class Findings:
    """The faults found so far.

    Args:
        where: Where each key stands.
        torn: Tables that lost keys to a misspelt table named already: what they miss is not said again.
    """

    def __init__(self, where: Locations, torn: Collection[Path] = ()) -> None:
        self.where = where
        self.torn = torn
        self._problems: list[Problem] = []

    def add(self, path: Path, text: str) -> None:
        """One more fault."""
        self._problems.append(Problem(path, text))

    def settle(self, section: type[T], table: object, path: Path) -> T | None:
        """The settled section, or None when it has faults, which are kept."""
        try:
            settled: T | None = settle(section, table, path, lenient=path in self.torn)
        except SettingsError as error:
            self._problems.extend(error.problems)
            return None
        return settled

    def settle_plugin(self, plugin: type | None, table: object, path: Path) -> object:
        """The settled section of a plugin's class; None for one without, or with faults, which are kept."""
        section: type | None = getattr(plugin, "Section", None)
        try:
            settled: object = settle(section, table, path, lenient=path in self.torn)
        except SettingsError as error:
            self._problems.extend(error.problems)
            return None
        except PluginError as error:
            self.add(path, str(error))
            return None
        return settled

    def raise_all(self) -> None:
        """Raises: SettingsError: There are faults; in the order of the file, with file and line."""
        if self._problems:
            raise SettingsError(ordered(self.where.place(self._problems)))
