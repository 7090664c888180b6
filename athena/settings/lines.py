"""On which line does a key stand? TOML parsers give values but no lines, so this reads the text again, for places only.

It trusts the text to be TOML: the real parser judges. What it does not understand ends the reading; what it saw until
then stands. Nesting is bounded here, before the parser, whose cost grows with the square of the depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

from attrs import frozen

from athena._compat import tomllib

from .problems import Path

__all__ = ["Mark", "TooDeep", "locate", "locate_marks", "scan"]

DEPTH = 64
"""Tables in tables, arrays in arrays, parts of a dotted key: more is an accident or an attack."""

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"([A-Za-z0-9_-]+)|\"([^\"\\\n]*(?:\\.[^\"\\\n]*)*)\"|'([^'\n]*)'")
_LINE_STRING = re.compile(r"\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"|'[^'\n]*'")
_ENDS = {'"""': re.compile(r'\\.|"{3,5}', re.DOTALL), "'''": re.compile(r"'{3,5}")}
_SCALAR = re.compile(r"[^\s,\]}#][^,\]}#\n]*")


@frozen
class Mark:
    """One place: a ``table`` header, a ``pair``, an ``item`` of an array, or a pair ``inside`` an inline table.

    Attributes:
        written: How many of the path's elements its own key or header spells out.
    """

    path: Path
    line: int
    kind: str
    written: int = 1


class TooDeep(ValueError):
    """Nested beyond :data:`DEPTH`.

    Attributes:
        line: Where.
    """

    def __init__(self, line: int) -> None:
        super().__init__(f"nested more than {DEPTH} deep")
        self.line = line


class _Lost(Exception):
    """The text is not TOML from here on."""


def locate(text: str) -> dict[Path, int]:
    """The line of every key, table and array item, counted from 1; tables that only longer names imply included.

    Raises:
        TooDeep: It is nested too deeply to be read.
    """
    return locate_marks(scan(text))


def locate_marks(marks: Iterable[Mark]) -> dict[Path, int]:
    """The same, of marks already found."""
    said: dict[Path, int] = {}
    implied: dict[Path, int] = {}
    for mark in marks:
        said.setdefault(mark.path, mark.line)
        for length in range(len(mark.path) - 1, 0, -1):
            if mark.path[:length] in implied:
                break
            implied[mark.path[:length]] = mark.line
    return implied | said


def scan(text: str) -> list[Mark]:
    """Every place, in the order of the text.

    Raises:
        TooDeep: It is nested too deeply to be read.
    """
    scanner = _Scanner(text)
    with suppress(_Lost):  # the parser will say what is wrong, and better
        scanner.document()
    return scanner.marks


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.marks: list[Mark] = []
        self._at = 0
        self._line = 1
        self._counted = 0
        self._arrays: dict[Path, int] = {}

    def document(self) -> None:
        """Headers and pairs until the text ends."""
        table: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table, "pair", 0)

    def _header(self) -> Path:
        line = self._here()
        many = self.text.startswith("[[", self._at)
        self._at += 2 if many else 1
        names = self._names()
        self._expect("]]" if many else "]")
        path: Path = ()
        for name in names[:-1]:
            path = self._latest((*path, name))
        path = (*path, names[-1])
        if many:
            self._arrays[path] = self._arrays.get(path, -1) + 1
        # The last element of an array of tables is what a header below it extends.
        path = self._latest(path)
        self.marks.append(Mark(path, line, "table", len(names)))
        return path

    def _latest(self, path: Path) -> Path:
        return (*path, f"[{self._arrays[path]}]") if path in self._arrays else path

    def _pair(self, table: Path, kind: str, depth: int) -> None:
        line = self._here()
        names = self._names()
        self._expect("=")
        path = (*table, *names)
        self.marks.append(Mark(path, line, kind, len(names)))
        self._value(path, depth)

    def _names(self) -> Path:
        names: list[str] = []
        while True:
            self._skip(_SPACE)
            found = _KEY.match(self.text, self._at)
            if found is None:
                raise _Lost
            if len(names) == DEPTH:
                raise TooDeep(self._here())
            self._at = found.end()
            names.append(_name(found))
            self._skip(_SPACE)
            if not self.text.startswith(".", self._at):
                return tuple(names)
            self._at += 1

    def _value(self, path: Path, depth: int) -> None:
        self._skip(_SPACE)
        if depth == DEPTH:
            raise TooDeep(self._here())
        start = self.text[self._at : self._at + 3]
        if start[:1] == "[":
            self._array(path, depth + 1)
        elif start[:1] == "{":
            self._inline(path, depth + 1)
        elif start in _ENDS:
            self._long_string(start)
        else:
            pattern = _LINE_STRING if start[:1] in {'"', "'"} else _SCALAR
            found = pattern.match(self.text, self._at)
            if found is None:
                raise _Lost
            self._at = found.end()

    def _array(self, path: Path, depth: int) -> None:
        self._at += 1
        index = 0
        while not self._closes("]"):
            item = (*path, f"[{index}]")
            self.marks.append(Mark(item, self._here(), "item"))
            self._value(item, depth)
            index += 1

    def _inline(self, path: Path, depth: int) -> None:
        self._at += 1
        while not self._closes("}"):
            self._pair(path, "inside", depth)

    def _closes(self, bracket: str) -> bool:
        self._skip(_BLANK)
        if self.text.startswith(",", self._at):
            self._at += 1
            self._skip(_BLANK)
        if not self.text.startswith(bracket, self._at):
            return False
        self._at += 1
        return True

    def _long_string(self, quotes: str) -> None:
        ends = _ENDS[quotes]
        at = self._at + 3
        while True:
            found = ends.search(self.text, at)
            if found is None:
                raise _Lost
            at = found.end()
            if found[0][0] != "\\":
                self._at = at
                return

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self._at)
        self._at = found.end() if found else self._at
        return self._at

    def _expect(self, word: str) -> None:
        if not self.text.startswith(word, self._skip(_SPACE)):
            raise _Lost
        self._at += len(word)

    def _here(self) -> int:
        self._line += self.text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line


def _name(found: re.Match[str]) -> str:
    bare, basic, literal = found.groups()
    if basic is None:
        return bare if bare is not None else literal
    if "\\" not in basic:
        return str(basic)
    try:
        return str(tomllib.loads(f'name = "{basic}"')["name"])
    except tomllib.TOMLDecodeError:
        raise _Lost from None
