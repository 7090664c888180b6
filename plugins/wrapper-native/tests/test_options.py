"""What is the library's, what is the host's, and what is refused with its key."""

from __future__ import annotations

import pytest

from athena.errors import SettingsError
from athena_wrapper_native.options import Options, split


def test_values_become_strings_and_the_hosts_own_table_stays_here() -> None:
    own = {"asynchronous": True, "header_pass": ["App_Id"], "bad_request": [7, -1]}
    table = {"a": "x", "b": 1, "c": True, "d": False, "e": 0.5, "native": own}
    options, config = split(table)
    assert config == {"a": "x", "b": "1", "c": "true", "d": "false", "e": "0.5"}
    assert options == Options(asynchronous=True, header_pass=("app_id",), bad_request=frozenset({7, -1}))


def test_without_a_table_it_is_as_upstream_has_it() -> None:
    assert split({}) == (Options(None, True, False, (), frozenset()), {})


def test_everything_wrong_is_told_at_once_with_its_key() -> None:
    own = {"asynchronous": "yes", "dummies": 1, "bad_request": [0], "header_pass": [1], "dumies": True}
    table = {"list": [1], "table": {}, "native": own}
    with pytest.raises(SettingsError) as caught:
        split(table)
    said = [str(problem) for problem in caught.value.problems]
    assert len(said) == 7
    assert said[0].startswith("config.list: a wrapper library is given names and values; expected a string")
    assert (
        "config.native.dumies: unknown key; expected one of: asynchronous, bad_request, dummies, header_pass, realtime"
        in said
    )
    assert "config.native.asynchronous: expected true or false, got 'yes'" in said


def test_native_may_also_be_a_value_of_the_librarys() -> None:
    assert split({"native": "yes"}) == (Options(), {"native": "yes"})
