"""The table's keys: safe defaults, bounds, and help for each."""

from __future__ import annotations

import attrs
import pytest

from athena.section import BadValue
from athena_transport_http.section import HttpSection


def test_the_default_is_a_port_of_this_machine_alone() -> None:
    section = HttpSection()
    assert (section.host, section.port, section.allowed_origins) == ("127.0.0.1", 8080, [])


@pytest.mark.parametrize(
    ("key", "value"),
    [("port", 65536), ("port", -1), ("header_timeout", 0), ("body_timeout", -1.0), ("max_connections", 0)]
    + [("code_map", table) for table in ({"x": 400}, {"1": 199}, {"1": 600}, {"1": 204}, {"1": 304})],
)
def test_values_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(BadValue, match=key):
        HttpSection(**{key: value})  # type: ignore[arg-type]  # that is what is tried


def test_every_key_says_what_it_is_for() -> None:
    assert all(field.metadata["help"].endswith(".") for field in attrs.fields(HttpSection))
