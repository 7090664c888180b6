"""A description as JSON Schema: what the check takes, the schema says, and the other way round."""

from __future__ import annotations

import json

import pytest

from athena import fields
from athena.describe import input_schema, json_schema, output_schema, param_schema
from athena.models import Description, Field, Param


def param(made: Param) -> object:
    return param_schema(Description(params=(made,)))["properties"]["p"]


def value(made: Field) -> object:
    return input_schema(Description(inputs=(made,)))["properties"]["x"]


@pytest.mark.parametrize(
    ("made", "schema"),
    [
        (fields.string("p"), {"type": "string"}),
        (fields.string("p", choices=["a", "b"], default="a"), {"type": "string", "enum": ["a", "b"], "default": "a"}),
        (fields.string("p", min_length=1, max_length=3), {"type": "string", "minLength": 1, "maxLength": 3}),
        (fields.integer("p", minimum=0, default=4), {"type": "integer", "minimum": 0, "default": 4}),
        (fields.number("p", maximum=1.5, default=0.1), {"type": "number", "maximum": 1.5, "default": 0.1}),
        (fields.boolean("p", default=False), {"type": "boolean", "default": False}),
        (fields.integer("p", summary="How many."), {"type": "integer", "description": "How many."}),
    ],
)
def test_each_parameter_is_a_typed_property(made: Param, schema: object) -> None:
    assert param(made) == schema


@pytest.mark.parametrize(
    ("made", "schema"),
    [
        (fields.text("x"), {"type": "string"}),
        (fields.image("x"), {"type": "string", "contentEncoding": "base64"}),
        (fields.text("x", summary="A note."), {"type": "string", "description": "A note."}),
        (fields.anything("x"), {"type": "string", "contentEncoding": "base64"}),
        (fields.json_value("x"), {}),
        (fields.json_value("x", schema={"type": "array"}, summary="s"), {"type": "array", "description": "s"}),
        (fields.json_value("x", schema={"description": "its own"}, summary="s"), {"description": "its own"}),
        (fields.tensor("x", "<f4", (-1, 3)), {"type": "array", "items": {"type": "number"}}),
        (fields.tensor("x", "|u1", (2,)), {"type": "array", "items": {"type": "integer"}}),
        (fields.tensor("x", "|b1", (2,)), {"type": "array", "items": {"type": "boolean"}}),
    ],
)  # fmt: skip
def test_each_field_is_the_value_a_json_wire_would_carry(made: Field, schema: object) -> None:
    assert value(made) == schema


def test_what_is_required_is_listed_and_nothing_is_where_nothing_is() -> None:
    description = Description(
        inputs=(fields.text("a"), fields.text("b", required=False)), params=(fields.string("p", required=True),)
    )
    assert input_schema(description)["required"] == ["a"]
    assert param_schema(description)["required"] == ["p"]
    assert "required" not in input_schema(Description())
    assert "required" not in param_schema(Description())


def test_other_parts_are_allowed_exactly_where_the_check_allows_them() -> None:
    named, free = fields.text("a"), fields.anything()
    for inputs, allowed in (((), True), ((named,), False), ((named, free), True), ((free,), True)):
        schema = input_schema(Description(inputs=inputs))
        assert schema["additionalProperties"] is allowed
        assert "*" not in schema["properties"]
    assert param_schema(Description(params=(fields.string("p"),)))["additionalProperties"] is True
    assert output_schema(Description(outputs=(named,)))["additionalProperties"] is True


def test_every_schema_is_json() -> None:
    description = Description(inputs=(fields.tensor("x", "<f4", (1,)),), params=(fields.number("p", default=1e-9),))
    for schema in (input_schema(description), output_schema(description), param_schema(description)):
        assert json.loads(json.dumps(schema, allow_nan=False)) == schema


def test_the_whole_is_one_schema_of_inputs_parameters_and_outputs() -> None:
    made = Description(summary="Reads.", inputs=(fields.image("data"),), params=(fields.integer("n", default=3),))
    schema = json_schema("ocr", made)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (schema["title"], schema["description"]) == ("ocr", "Reads.")
    assert schema["properties"]["inputs"] == input_schema(made)
    assert schema["properties"]["params"] == param_schema(made)
    assert schema["properties"]["outputs"] == output_schema(made)
