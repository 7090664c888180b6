"""The host's own table."""

from __future__ import annotations

import pytest

from athena.errors import SettingsError
from athena_wrapper_aiges.options import Options, options_of


def test_the_table_is_taken_out_of_what_the_wrapper_is_given() -> None:
    options, rest = options_of({"model": "m", "aiges": {"header_pass": ["uid"], "results": "read", "strict": True}})
    assert (options, rest) == (Options(("uid",), "read", True), {"model": "m"})
    assert options_of({}) == (Options(), {})


def test_a_flat_value_of_that_name_is_the_wrappers_own() -> None:
    assert options_of({"aiges": "3"}) == (Options(), {"aiges": "3"})


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("header_pass", "uid", "expected a list of strings, got 'uid'"),
        ("results", "x", "expected one of: auto, callback, read, got 'x'"),
        ("strict", 1, "expected true or false, got 1"),
        ("stict", True, "unknown key; expected one of: header_pass, results, strict"),
    ],
)
def test_what_is_wrong_is_said(key: str, value: object, text: str) -> None:
    with pytest.raises(SettingsError, match=text):
        options_of({"aiges": {key: value}})
