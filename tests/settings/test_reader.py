"""From text to tables, and what is said of texts that are none."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.errors import SettingsError
from athena.models import Document
from athena.settings.reader import LIMIT, parse


def refused(text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse(Document(text, origin="x.toml"))
    return [str(problem) for problem in caught.value.problems]


def test_tables_come_with_their_lines() -> None:
    tables, where = parse(Document("[a]\nb = 1\n", origin="x.toml"))
    assert tables == {"a": {"b": 1}}
    assert (where.origin, where.line(("a", "b")), where.line(("a", "c")), where.line(("z",))) == ("x.toml", 2, 1, 0)


def test_a_document_beyond_the_limit_is_refused_unread() -> None:
    assert refused("#" * (LIMIT + 1)) == [f"x.toml:1: {LIMIT + 1} bytes; a configuration has at most {LIMIT}"]
    parse(Document("#" * LIMIT))


def test_a_syntax_error_has_its_line_and_column() -> None:
    assert refused("a = 1\nb 2\n") == ["x.toml:2: not TOML: expected '=' after a key in a key/value pair (column 3)"]


def test_a_syntax_error_at_the_end_is_at_the_last_line() -> None:
    assert refused('a = 1\nb = """\nc = 2\n\n\n') == [
        "x.toml:3: not TOML: unterminated string (at the end of the file)"
    ]


def test_every_key_and_table_written_twice_is_named() -> None:
    text = "[a]\nx = 1\nx = 2\n[b]\n[a]\ny = 1\n[b]\n"
    assert refused(text) == [
        "x.toml:3: a.x: key defined twice; first at line 2",
        "x.toml:5: a: table defined twice; first at line 1",
        "x.toml:7: b: table defined twice; first at line 4",
    ]


def test_a_syntax_error_comes_before_what_is_written_twice_below_it() -> None:
    assert refused("a 1\nb = 1\nb = 2\n")[0].startswith("x.toml:1: not TOML")


def test_what_stands_in_a_table_refused_as_a_whole_is_not_refused_again() -> None:
    assert refused("[a]\nx = 1\n[a]\nx = 1\ny = 2\n") == ["x.toml:3: a: table defined twice; first at line 1"]


def test_a_table_that_dotted_keys_made_cannot_be_opened_again() -> None:
    assert refused("[a]\nb.c = 1\n[a.b]\nd = 1\n") == ["x.toml:3: a.b: table defined twice; first at line 2"]


def test_a_value_has_no_keys_of_its_own() -> None:
    assert refused("a = 1\n[a.b]\n") == ["x.toml:2: a.b: a has a value already, at line 1"]
    assert refused("a = { b = 1 }\na.c = 1\n") == ["x.toml:2: a.c: a has a value already, at line 1"]


def test_a_quoted_name_is_the_same_name() -> None:
    assert refused('port = 1\n"p\\u006Frt" = 2\n') == ["x.toml:2: port: key defined twice; first at line 1"]


def test_a_number_with_thousands_of_digits_is_refused_at_its_line() -> None:
    found = refused(f"a = 1\nb = {'9' * 5000}\n")
    assert len(found) == 1
    assert found[0].startswith("x.toml:2: not TOML: ")


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 500_000, ".".join("a" * 500_000) + " = 1", "a = 1\n" * 100_000, "[a]\n" * 100_000]
)
def test_a_hostile_text_of_the_largest_size_is_refused_in_seconds(text: str) -> None:
    began = time.monotonic()
    assert refused(text)
    assert time.monotonic() - began < 20


@given(st.one_of(st.text(), st.text("[]{}\"'=.,#\\\n a1")))
def test_any_text_is_tables_or_problems_with_a_line(text: str) -> None:
    try:
        parse(Document(text))
    except SettingsError as error:
        assert error.problems
        assert all(1 <= problem.line <= text.count("\n") + 1 for problem in error.problems)
