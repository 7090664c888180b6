"""A service's table for a library: the flat list that wrapperInit is given, and the few words meant for the host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from athena.errors import Problem, SettingsError

__all__ = ["OWN", "Options", "split"]

OWN = "native"
"""The one table in ``[services.x.config]``; everything else there is the library's."""


@frozen
class Options:
    """``[services.x.config.native]``.

    Attributes:
        asynchronous: Results come by callback; None for: only where the library has no other way.
        realtime: Sessions are read after every write; else only when their input has ended.
        dummies: Empty lists are one node without a key, as upstream's loader passes them; else NULL.
        header_pass: Headers that are copied into the parameters, where they lack them.
        bad_request: The library's codes that mean a mistake of the caller's.
    """

    asynchronous: bool | None = None
    realtime: bool = True
    dummies: bool = False
    header_pass: tuple[str, ...] = ()
    bad_request: frozenset[int] = frozenset()


def split(table: Mapping[str, Any]) -> tuple[Options, Mapping[str, str]]:  # Any: a table as the toml gives it
    """The host's options, and the library's configuration as strings.

    Raises:
        SettingsError: Every key that cannot be.
    """
    problems: list[Problem] = []
    config: dict[str, str] = {}
    for key, value in table.items():
        if key == OWN and isinstance(value, Mapping):
            continue
        if isinstance(value, str | int | float):
            config[key] = _string(value)
        else:
            expected = "expected a string, a number or a boolean"
            text = f"a wrapper library is given names and values; {expected}, got {_kind(value)}"
            problems.append(Problem(("config", key), text))
    own = table.get(OWN)
    options = _options(own, problems) if isinstance(own, Mapping) else Options()
    if problems:
        raise SettingsError(problems)
    return options, config


def _options(own: Mapping[str, Any], problems: list[Problem]) -> Options:  # Any: as above
    checks: dict[str, tuple[Callable[[object], bool], str]] = {
        "asynchronous": (_is_bool, "true or false"),
        "realtime": (_is_bool, "true or false"),
        "dummies": (_is_bool, "true or false"),
        "header_pass": (_are_names, "a list of names of headers"),
        "bad_request": (_are_codes, "a list of error codes"),
    }
    for key, value in own.items():
        if key not in checks:
            problems.append(Problem(("config", OWN, key), f"unknown key; expected one of: {', '.join(sorted(checks))}"))
        elif not checks[key][0](value):
            problems.append(Problem(("config", OWN, key), f"expected {checks[key][1]}, got {value!r}"))
    if problems:
        return Options()
    known = {key: value for key, value in own.items() if key not in ("header_pass", "bad_request")}
    headers = tuple(name.lower() for name in own.get("header_pass", ()))
    return Options(**known, header_pass=headers, bad_request=frozenset(own.get("bad_request", ())))


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _are_names(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(name, str) for name in value)


def _are_codes(value: object) -> bool:
    return isinstance(value, list | tuple) and all(type(code) is int and code for code in value)


def _string(value: str | float) -> str:
    if isinstance(value, bool):  # before int: bool is one
        return "true" if value else "false"
    return str(value)


def _kind(value: object) -> str:
    return "a table" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else type(value).__name__
