"""Every key's line, against texts whose lines are known and against what the parser finds in any text."""

from __future__ import annotations

from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from athena._compat import tomllib
from athena.settings.lines import DEPTH, TooDeep, locate, scan

TEXT = '''# comment with [brackets] and key = "value"
top = 1
"quoted key" = { a = 1, "b.c" = [1, 2] }

[services.ocr] # a comment
wrapper = "x"
a.b."c d" = """
[not.a.table]
key = 5
\\""" still inside """""
next = \'\'\'
other = 1\'\'\'
many = [
    1, # first
    [ 2,
      3 ],
    { x = 1 }, # ] not the end
]

[["list of".tables]]
x = 1
[["list of".tables]]
x = 2
["list of".tables.sub]
y = 1979-05-27 07:32:00
'''


def test_lines_of_a_text_with_every_kind_of_thing() -> None:
    lines = locate(TEXT)
    tomllib.loads(TEXT)
    assert lines[("top",)] == 2
    assert lines[("quoted key",)] == lines["quoted key", "b.c", "[1]"] == 3
    assert lines[("services",)] == lines["services", "ocr"] == 5
    assert lines["services", "ocr", "a", "b", "c d"] == lines["services", "ocr", "a"] == 7
    assert lines["services", "ocr", "next"] == 11
    assert lines["services", "ocr", "many", "[0]"] == 14
    assert lines["services", "ocr", "many", "[1]", "[1]"] == 16
    assert lines["services", "ocr", "many", "[2]", "x"] == 17
    assert lines["list of", "tables", "[0]", "x"] == 21
    assert lines["list of", "tables", "[1]"] == 22
    assert lines["list of", "tables", "[1]", "sub", "y"] == 25
    assert not any("not" in path or "key" in path for path in lines)


def test_a_table_said_later_is_at_its_own_line_not_at_the_one_that_implied_it() -> None:
    assert locate("[a.b]\nx = 1\n\n[a]\ny = 1\n") == {
        ("a", "b"): 1,
        ("a", "b", "x"): 2,
        ("a",): 4,
        ("a", "y"): 5,
    }


def test_lines_of_windows_are_lines() -> None:
    assert locate('a = 1\r\n[b]\r\nc = """x\r\ny"""\r\nd = 1\r\n')["b", "d"] == 5


@pytest.mark.parametrize(
    "text",
    [
        f"a = {'[' * (DEPTH + 1)}{']' * (DEPTH + 1)}",
        f"[{'.'.join('a' * (DEPTH + 1))}]",
        f"{'.'.join('a' * (DEPTH + 1))} = 1",
        f"x = {'{a=' * (DEPTH + 1)}1{'}' * (DEPTH + 1)}",
        "a = " + "[" * 500_000,
    ],
)
def test_nesting_is_bounded(text: str) -> None:
    with pytest.raises(TooDeep) as caught:
        locate(f"\n{text}\n")
    assert caught.value.line == 2


NAMES = st.one_of(
    st.text("abc-_09", min_size=1, max_size=4),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=4),
).filter(lambda name: not (name.startswith("[") and name.endswith("]")))
LEAVES = st.one_of(
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=12),
    st.dates(),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=12,
)
TABLES = st.dictionaries(NAMES, VALUES, max_size=5)


def paths(value: Any, at: tuple[str, ...] = ()) -> set[tuple[str, ...]]:  # Any: a toml's values
    own = {at} if at else set()
    if isinstance(value, dict):
        return own.union(*(paths(inner, (*at, name)) for name, inner in value.items()))
    if isinstance(value, list):
        return own.union(*(paths(inner, (*at, f"[{index}]")) for index, inner in enumerate(value)))
    return own


@given(TABLES)
def test_what_has_a_line_is_what_the_parser_finds(tables: dict[str, Any]) -> None:
    text = tomlkit.dumps(tables)
    assert set(locate(text)) == paths(tomllib.loads(text))


@st.composite
def numbered(draw: st.DrawFn) -> tuple[str, dict[tuple[str, ...], int]]:
    """A text of tables and pairs, written in any way TOML has, and the line of each."""
    values = [
        "1",
        '"[x]\\""',
        "'''\na = 1\n'''",
        '"""\n[t]\n\\"""\n"""',
        "[ # ]\n 1,\n\n 2 ]",
        "{ z = 1, y.x = 2 }",
        "1979-05-27",
    ]
    names = draw(st.lists(NAMES, unique=True, min_size=1, max_size=8))
    lines: list[str] = []
    expected: dict[tuple[str, ...], int] = {}
    header: tuple[str, ...] = ()
    for name in names:
        lines += draw(st.lists(st.sampled_from(["", "# [a]", "  # x = '''"]), max_size=2))
        if draw(st.booleans()):
            header = (name,)
            lines.append(f"[ {written(draw, name)} ] # {name!r}")
        else:
            dots = draw(st.booleans())
            lines.append("  " + written(draw, name) + (" . k" if dots else "") + " = " + draw(st.sampled_from(values)))
            if dots:
                expected[(*header, name, "k")] = start(lines)
        expected[header if header == (name,) else (*header, name)] = start(lines)
        lines = "\n".join(lines).split("\n")
    return "\n".join(lines), expected


def start(lines: list[str]) -> int:
    """The line on which the last statement starts; it may hold several."""
    return len(lines)


def written(draw: st.DrawFn, name: str) -> str:
    if name and all(letter in "abc-_09" for letter in name) and draw(st.booleans()):
        return name
    if "'" not in name and draw(st.booleans()):
        return f"'{name}'"
    escaped = "".join(
        f"\\U{ord(letter):08x}" if draw(st.booleans()) else letter for letter in name if letter not in '"\\'
    )
    return (
        f'"{escaped}"' if len([letter for letter in name if letter in '"\\']) == 0 else tomlkit.string(name).as_string()
    )


@given(numbered())
def test_each_key_of_any_text_is_at_the_line_it_was_written_on(made: tuple[str, dict[tuple[str, ...], int]]) -> None:
    text, expected = made
    tomllib.loads(text)
    lines = locate(text)
    assert {path: lines[path] for path in expected} == expected


@given(st.one_of(st.text(), st.text("[]{}\"'=.,#\\\n a1")))
def test_no_text_at_all_breaks_the_reading(text: str) -> None:
    assert all(1 <= mark.line <= text.count("\n") + 1 for mark in scan(text))


@given(st.integers(0, len(TEXT)))
def test_a_text_that_breaks_off_keeps_the_lines_seen_until_then(end: int) -> None:
    whole = locate(TEXT)
    for mark in scan(TEXT[:end])[:-1]:
        assert whole.get(mark.path) == mark.line
