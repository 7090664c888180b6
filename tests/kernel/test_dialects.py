"""Documents of other programs: who reads them, and what is told of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from athena.errors import PluginBroken, SettingsError
from athena.interfaces import Dialect
from athena.kernel.dialects import tell, translator
from athena.models import Became, Document, Translation
from athena.settings import Settings
from athena.settings.values import Locations


class Other(Dialect):
    """Knows files that have a table ``theirs``."""

    def translate(self, tables: Mapping[str, object], folder: str) -> Translation | None:
        if "theirs" not in tables:
            return None
        return Translation({"kernel": {"name": folder}}, (), "Other")


class Stranger:
    """No dialect."""


class Shelf:
    """A catalogue with these."""

    def __init__(self, *classes: Any) -> None:
        self._classes = {cls.__name__: cls for cls in classes}

    def names(self, group: str) -> tuple[str, ...]:
        assert group == "dialects"
        return tuple(self._classes)

    def load(self, group: str, name: str) -> Any:
        if isinstance(self._classes[name], Exception):
            raise self._classes[name]
        return self._classes[name]


def translate(shelf: Any, tables: Mapping[str, Any]) -> Translation | None:
    return translator(shelf, Document("", origin="/somewhere/aiges.toml"))(tables)


def test_who_knows_it_reads_it_with_the_folder_it_lies_in() -> None:
    found = translate(Shelf(Other), {"theirs": {}})
    assert found is not None
    assert found.tables == {"kernel": {"name": "/somewhere"}}


def test_what_nobody_knows_is_nobodys() -> None:
    assert translate(Shelf(Other), {"whose": {}}) is None
    assert translate(Shelf(), {"theirs": {}}) is None


def test_a_plugin_that_is_no_dialect_or_is_broken_refuses_the_file() -> None:
    with pytest.raises(SettingsError, match=r"does not inherit athena\.interfaces\.Dialect"):
        translate(Shelf(Stranger), {"theirs": {}})

    class Broken(Shelf):
        def load(self, group: str, name: str) -> Any:
            raise PluginBroken("it does not import")

    with pytest.raises(SettingsError, match="it does not import"):
        translate(Broken(Other), {"theirs": {}})


def test_keys_without_a_meaning_are_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "athena.kernel")
    became = (Became(("a", "b"), ("log", "level")), Became(("a", "c"), (), "why"))
    tell(Settings(where=Locations("old.toml"), became=became))
    tell(Settings())
    assert [record.getMessage() for record in caplog.records] == [
        "old.toml was written for another program; without a meaning here: a.c (athena check --explain)"
    ]
