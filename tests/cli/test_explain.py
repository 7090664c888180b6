"""``athena explain`` tells the keys of a table from the class that settles it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

Athena = Callable[..., tuple[int, str, str]]


def keys(out: str) -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in json.loads(out)["keys"]}


def test_a_wrappers_keys_inputs_and_parameters_are_told(athena: Athena) -> None:
    code, out, err = athena("explain", "wrappers.rapidocr")
    assert (code, err) == (0, "")
    assert out.startswith("[services.<name>.config]  Reads the text of page images")
    for word in ("text_score", "0.5", "0 to 1", "takes", "IMAGE", "gives", "boxes", "parameters"):
        assert word in out


def test_as_json_it_is_for_programs(athena: Athena) -> None:
    code, out, _ = athena("explain", "wrappers.echo", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["summary"] == "Answers with what it was sent: once, item by item, in a session, in a batch."
    assert told["keys"] == []
    assert {param["key"] for param in told["wrapper"]["params"]} == {"times", "delay_ms"}


@pytest.mark.parametrize(
    ("table", "key", "default"),
    [
        ("kernel", "limits.max_message", "33554432"),
        ("services", "executor", '"process"'),
        ("log", "level", '"info"'),
        ("plugins", "block", "[]"),
        ("sources.file", "path", '"aiges.toml"'),
    ],
)
def test_each_table_has_its_keys(table: str, key: str, default: str, athena: Athena) -> None:
    code, out, _ = athena("explain", table, "--json")
    assert code == 0
    assert keys(out)[key]["default"] == default
    assert all(row["help"] for row in keys(out).values())


def test_a_name_that_is_no_table_is_refused_and_the_tables_are_named(athena: Athena) -> None:
    code, _, err = athena("explain", "htpp")
    assert code == 2
    assert "'htpp' is no table: expected one of kernel, services, log, plugins, or <group>.<name>" in err


def test_a_plugin_that_is_not_installed_is_refused_and_the_installed_ones_are_named(athena: Athena) -> None:
    code, _, err = athena("explain", "wrappers.ehco")
    assert code == 2
    assert err.startswith("athena: wrappers.ehco is not installed; installed: echo, ")
    assert "rapidocr" in err
