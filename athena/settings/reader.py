"""From text to tables: size, syntax, and what is written twice."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from athena._compat import tomllib
from athena.errors import SettingsError
from athena.models import Document

from .lines import Mark, TooDeep, locate_marks, scan
from .problems import Path, Problem, dotted, ordered
from .values import Locations

__all__ = ["LIMIT", "parse"]

LIMIT = 1024 * 1024
"""Bytes of one document."""

_PLACE = re.compile(r"(?P<text>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)
_HUGE = re.compile(r"\d{4300}")


def parse(document: Document) -> tuple[dict[str, Any], Locations]:  # Any: a toml's values
    """The document's tables, and where everything stands.

    Raises:
        SettingsError: It is too large, nested too deeply, not TOML, or says something twice.
    """
    text, origin = document.text, document.origin
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LIMIT:
        said = f"{size} bytes; a configuration has at most {LIMIT}"
        raise SettingsError([Problem((), said, origin, 1)])
    try:
        marks = scan(text)
    except TooDeep as error:
        raise SettingsError([Problem((), str(error), origin, error.line)]) from None
    try:
        tables = tomllib.loads(text)
    except ValueError as error:
        raise SettingsError(_refusals(text, origin, marks, error)) from None
    return tables, Locations(origin, locate_marks(marks))


def _refusals(text: str, origin: str, marks: Iterable[Mark], error: ValueError) -> Iterable[Problem]:
    found = _PLACE.fullmatch(str(error))
    if found is None:
        # The one error of the parser without a place: a number beyond Python's limit of digits.
        huge = _HUGE.search(text)
        line = text.count("\n", 0, huge.start() if huge else len(text)) + 1
        return [Problem((), f"not TOML: {_small(str(error))}", origin, line)]
    last = text.rstrip().count("\n") + 1
    line = int(found["line"]) if found["line"] else last
    twice = ordered(_twice(marks, origin))
    if twice and twice[0].line <= line:  # that is what stopped the parser; we go on to the last of them
        return twice
    where = f"column {found['column']}" if found["line"] else "at the end of the file"
    return [Problem((), f"not TOML: {_small(found['text'])} ({where})", origin, line)]


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _twice(marks: Iterable[Mark], origin: str) -> list[Problem]:
    """Keys and tables that are defined a second time, and tables opened where a value stands."""
    seen: dict[Path, Mark] = {}
    dotted_in: dict[Path, Mark] = {}
    problems: list[Problem] = []
    skipped: Path | None = None
    for mark in marks:
        if mark.kind == "item":
            continue
        if mark.kind == "table":
            skipped = None
        elif skipped is not None and mark.path[: len(skipped)] == skipped:
            continue  # what stands in a table that is refused as a whole
        reason = _clash(mark, seen, dotted_in)
        if reason:
            problems.append(Problem(mark.path, reason, origin, mark.line))
            skipped = mark.path
            continue
        seen[mark.path] = mark
        if mark.kind != "table":
            for length in range(1, mark.written):
                dotted_in.setdefault(mark.path[:-length], mark)
    return problems


def _clash(mark: Mark, seen: dict[Path, Mark], dotted_in: dict[Path, Mark]) -> str:
    what = "table" if mark.kind == "table" else "key"
    first = seen.get(mark.path) or (dotted_in.get(mark.path))
    if first is not None:
        return f"{what} defined twice; first at line {first.line}"
    if mark.kind == "inside":
        return ""
    for length in range(len(mark.path) - 1, 0, -1):
        value = seen.get(mark.path[:length])
        if value is not None and value.kind == "pair":
            return f"{dotted(value.path)} has a value already, at line {value.line}"
    return ""
