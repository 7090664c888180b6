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


class _Cursor:
    """A place in the text, and the words TOML is made of."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._line = 1
        self._counted = 0

    @property
    def line(self) -> int:
        """The line of the place, counted from 1."""
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def sees(self, word: str) -> bool:
        """Whether that comes next."""
        return self.text.startswith(word, self.at)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Go beyond what matches here; nothing else can follow."""
        found = pattern.match(self.text, self.at)
        if found is None:
            raise _Lost
        self.at = found.end()
        return found

    def expect(self, word: str) -> None:
        """Go beyond space and a word that must be there."""
        self.take(_SPACE)
        if not self.sees(word):
            raise _Lost
        self.at += len(word)

    def names(self) -> Path:
        """A dotted key."""
        names: list[str] = []
        while True:
            self.take(_SPACE)
            if len(names) == DEPTH:
                raise TooDeep(self.line)
            names.append(_name(self.take(_KEY)))
            self.take(_SPACE)
            if not self.sees("."):
                return tuple(names)
            self.at += 1

    def closes(self, bracket: str) -> bool:
        """Go beyond a comma, or beyond the end of an array or inline table, which is said."""
        self.take(_BLANK)
        if self.sees(","):
            self.at += 1
            self.take(_BLANK)
        if not self.sees(bracket):
            return False
        self.at += 1
        return True

    def long_string(self, quotes: str) -> None:
        """Go beyond a string of many lines."""
        self.at += 3
        while True:
            found = _ENDS[quotes].search(self.text, self.at)
            if found is None:
                raise _Lost
            self.at = found.end()
            if found[0][0] != "\\":
                return


class _Scanner:
    """Reads a document with a cursor, and marks what stands where."""

    def __init__(self, text: str) -> None:
        self.marks: list[Mark] = []
        self._cursor = _Cursor(text)
        self._arrays: dict[Path, int] = {}

    def document(self) -> None:
        """Headers and pairs until the text ends."""
        cursor = self._cursor
        table: Path = ()
        while cursor.take(_BLANK).end() < len(cursor.text):
            if cursor.sees("["):
                table = self._header()
            else:
                self._pair(table, "pair", 0)

    def _header(self) -> Path:
        cursor = self._cursor
        line = cursor.line
        many = cursor.sees("[[")
        cursor.at += 2 if many else 1
        names = cursor.names()
        cursor.expect("]]" if many else "]")
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
        line = self._cursor.line
        names = self._cursor.names()
        self._cursor.expect("=")
        path = (*table, *names)
        self.marks.append(Mark(path, line, kind, len(names)))
        self._value(path, depth)

    def _value(self, path: Path, depth: int) -> None:
        cursor = self._cursor
        cursor.take(_SPACE)
        if depth == DEPTH:
            raise TooDeep(cursor.line)
        start = cursor.text[cursor.at : cursor.at + 3]
        if start[:1] == "[":
            self._array(path, depth + 1)
        elif start[:1] == "{":
            cursor.at += 1
            while not cursor.closes("}"):
                self._pair(path, "inside", depth + 1)
        elif start in _ENDS:
            cursor.long_string(start)
        else:
            cursor.take(_LINE_STRING if start[:1] in {'"', "'"} else _SCALAR)

    def _array(self, path: Path, depth: int) -> None:
        cursor = self._cursor
        cursor.at += 1
        index = 0
        while not cursor.closes("]"):
            item = (*path, f"[{index}]")
            self.marks.append(Mark(item, cursor.line, "item"))
            self._value(item, depth)
            index += 1


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
