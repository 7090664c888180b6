"""The face of the codec: everything a transport needs stands here, under one name."""

from __future__ import annotations

import json

import pytest

from athena.errors import ServiceError
from athena_proto import ase
from athena_proto.ase import decode_message

LIMIT = 1 << 20


def test_every_public_name_is_there() -> None:
    assert all(hasattr(ase, name) for name in ase.__all__)


SEVERAL = {"a": {"x": "1"}, "a_b": {"x": "2"}}
UNITS = {key: {"plain": key} for key in ("a", "a_1", "a_b", "a_b_1", "ab", "c_1")}


@pytest.mark.parametrize(
    ("service", "keys", "x"),
    [("a", ["a", "a_1", "ab", "c_1"], "1"), ("a_b", ["a_b", "a_b_1", "ab", "c_1"], "2")],
)
def test_of_several_capabilities_the_called_one_gets_what_is_its(service: str, keys: list[str], x: str) -> None:
    message = decode_message(json.dumps({"parameter": SEVERAL, "payload": UNITS}).encode(), service, LIMIT)
    assert ([part.key for part in message.parts], message.params) == (keys, {"x": x})


def test_a_capability_that_is_not_named_gets_all_unless_they_contradict_each_other() -> None:
    alike = {"a": {"x": "1", "y": None}, "b": {"x": 1}, "c": None}
    message = decode_message(json.dumps({"parameter": alike, "payload": UNITS}).encode(), "z", LIMIT)
    assert ([part.key for part in message.parts], message.params, message.others) == (list(UNITS), {"x": "1"}, ())
    with pytest.raises(ServiceError, match=r"parameter.a_b.x: another capability"):
        decode_message(json.dumps({"parameter": SEVERAL}).encode(), "z", LIMIT)
