"""A JSON value is looked at as its schema says, and nothing is fetched for it."""

from __future__ import annotations

import json

import pytest

from athena import fields
from athena.describe import checker
from athena.describe.values import faults, validator, value_fault, value_schema
from athena.errors import Fault, PluginBroken, ServiceError
from athena.models import Description, Kind, Part, Request, Stage

SCHEMA = {
    "type": "object",
    "properties": {"colour": {"enum": ["red", "blue"]}, "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
    "additionalProperties": False,
}
PAINT = checker(Description(inputs=(fields.json_value("options", schema=SCHEMA),)))


def asked(text: str, stage: Stage = Stage.ONCE) -> Request:
    return Request("paint", parts=(Part("options", text.encode(), Kind.TEXT, stage, attributes={"format": "json"}),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"colour": "green"}', 'payload.options.colour: "green" is not one of '),
        ('{"size": "big"}', "payload.options.size: "),
        ('{"shade": 1}', "payload.options: Additional properties are not allowed ('shade' was unexpected)"),
        ("[]", 'payload.options: [] is not of type "object"'),
        ("{", "payload.options: no JSON that can be looked at: "),
        ('{"size": NaN}', "payload.options: no JSON that can be looked at: NaN is no JSON"),
        ("[" * 100_000, "payload.options: no JSON that can be looked at: "),
        ("\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "payload.options: no JSON"),
    ],
)
def test_a_request_is_refused_with_the_path_and_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(ServiceError) as caught:
        PAINT.request(asked(text))
    assert caught.value.fault is Fault.BAD_REQUEST
    assert caught.value.message.startswith(said)
    assert len(caught.value.message) < 400


def test_what_fits_is_taken_and_so_is_a_piece_of_a_value() -> None:
    PAINT.request(asked('{"colour": "red", "size": null}'))
    PAINT.request(asked('{"colour": "re', Stage.BEGIN))


def test_a_schema_that_is_none_is_told_at_once_and_nothing_is_fetched_for_one() -> None:
    for schema in ({"type": 5}, {"$ref": "http://127.0.0.1:9/x.json"}, {"$ref": "file:///etc/hostname"}):
        with pytest.raises(PluginBroken, match=r"inputs\.options: its JSON Schema is none"):
            checker(Description(inputs=(fields.json_value("options", schema=schema),)))
    with pytest.raises(PluginBroken, match=r"outputs\.found: its JSON Schema is none"):
        checker(Description(outputs=(fields.json_value("found", schema={"type": 5}),)))


def test_every_fault_has_its_path_and_long_values_are_cut_short() -> None:
    found = list(faults(validator(SCHEMA), {"colour": "x" * 999, "size": []}))
    assert {path for path, _ in found} == {"colour", "size"}
    assert max(len(said) for _, said in found) < 220
    assert value_schema(json.dumps(SCHEMA)) is value_schema(json.dumps(SCHEMA)), "compiled once"
    assert value_fault(value_schema("{}"), memoryview(b"1")) == ""


def test_of_several_things_that_a_value_may_be_what_it_comes_closest_to_is_told() -> None:
    number = {"anyOf": [{"type": "integer", "maximum": 20}, {"type": "null"}, {"type": "object"}]}
    either = {"anyOf": [{"type": "string"}, {"anyOf": [{"type": "object"}, {"type": "string"}]}]}
    schema = validator({"properties": {"top": number, "text": either}})
    assert list(faults(schema, {"top": 99, "text": [1]})) == [
        ("top", "99 is greater than the maximum of 20"),
        ("text", '[1] is not of type "string" or "object"'),
    ]
