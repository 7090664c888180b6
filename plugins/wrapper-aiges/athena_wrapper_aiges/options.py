"""The host's own options: the table ``aiges`` below the wrapper's, where upstream had no tables at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from athena.errors import Problem, SettingsError

__all__ = ["Options", "options_of"]

TABLE = "aiges"
RESULTS = ("auto", "callback", "read")


@frozen
class Options:
    """``[services.x.config.aiges]``.

    Attributes:
        header_pass: Headers that are copied into the parameters, where they lack them.
        results: How sessions answer: by ``callback``, by ``read`` (``wrapperRead`` is asked), or ``auto``.
        strict: Refuse requests that do not fit the wrapper's fields; upstream checks nothing.
    """

    header_pass: tuple[str, ...] = ()
    results: str = "auto"
    strict: bool = False


def options_of(table: Mapping[str, Any]) -> tuple[Options, dict[str, Any]]:  # Any: a table as the toml gives it
    """The options, and what is left of the table for ``wrapperInit``.

    Raises:
        SettingsError: An option is unknown, or of the wrong type; every problem at once.
    """
    rest = {key: value for key, value in table.items() if key != TABLE}
    given = table.get(TABLE, {})
    if not isinstance(given, Mapping):
        return Options(), dict(table)  # a flat value of that name is the wrapper's own
    wrong = {key: text for key, value in given.items() if (text := _wrong(key, value))}
    if wrong:
        raise SettingsError(Problem(("config", TABLE, key), text) for key, text in wrong.items())
    headers = tuple(given.get("header_pass", ()))
    return Options(headers, given.get("results", "auto"), given.get("strict", False)), rest


def _wrong(key: str, value: object) -> str:
    if key == "header_pass":
        fits = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return "" if fits else f"expected a list of strings, got {value!r}"
    if key == "results":
        return "" if value in RESULTS else f"expected one of: {', '.join(RESULTS)}, got {value!r}"
    if key == "strict":
        return "" if isinstance(value, bool) else f"expected true or false, got {value!r}"
    return "unknown key; expected one of: header_pass, results, strict"
