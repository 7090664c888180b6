"""Tables: whatever TOML can say arrives at the worker as the same value."""

from __future__ import annotations

import datetime

import pytest

from athena._compat import tomllib
from athena.errors import SettingsError
from athena.link import worker_pb2 as pb
from athena.link.frames import CHECK, Frame, FrameError
from athena.link.tables import Tables, change_of, encode_change

TOML = """
text = "ä"
yes = true
no = false
whole = -9223372036854775808
real = 1.5
infinite = -inf
day = 2024-02-29
hour = 07:32:01.5
moment = 2024-02-29T07:32:00Z
offset = 2024-02-29T07:32:00-07:00
local = 2024-02-29T07:32:00
empty = []
mixed = [1, "two", [3.0], {four = 4}]
[below.deeper]
"a key" = ""
[hollow]
"""


def test_everything_toml_can_say_comes_out_as_it_went_in() -> None:
    config = tomllib.loads(TOML)
    tables = Tables(config, {"timing": {"unit": "ms"}, "none": {}})
    found, version = change_of(Frame(CHECK, 1, encode_change(tables, "v7"), b""))
    assert version == "v7"
    assert found.config == config
    assert found.middleware == tables.middleware
    assert list(found.middleware) == ["timing", "none"]
    assert isinstance(found.config["yes"], bool)
    assert type(found.config["day"]) is datetime.date


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"a": {"b": 2**63}}, ("config", "a", "b")),
        ({"a": [0, object()]}, ("config", "a", "[1]")),
        ({"a": None}, ("config", "a")),
    ],
)
def test_what_no_worker_protocol_can_carry_is_refused_with_its_key(
    config: dict[str, object], path: tuple[str, ...]
) -> None:
    with pytest.raises(SettingsError) as caught:
        encode_change(Tables(config), "")
    assert [problem.path for problem in caught.value.problems] == [path]


def test_a_time_that_is_none_breaks_the_protocol() -> None:
    head = pb.Change()
    head.config.entries["at"].time = "half past"
    with pytest.raises(FrameError, match="half past"):
        change_of(Frame(CHECK, 1, head.SerializeToString(), b""))
