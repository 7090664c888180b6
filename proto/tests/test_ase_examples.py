"""An example fits its description, says what is required, and is small."""

from __future__ import annotations

import orjson
import pytest

from athena import fields
from athena.describe import checker
from athena.models import Description, Field, Request
from athena_proto.ase import decode_message
from athena_proto.ase_examples import example_request

from .described import FORM, OCR, TALK


@pytest.mark.parametrize("described", [FORM, OCR, TALK, Description()])
def test_an_example_is_taken_by_codec_and_check(described: Description) -> None:
    message = decode_message(orjson.dumps(example_request("it", described)), "it", 1 << 20)
    checker(described).request(Request("it", "", message.parts, message.params))
    assert message.parts


@pytest.mark.parametrize(
    ("field", "unit"),
    [
        (fields.text("x"), {"plain": "hello", "status": 3}),
        (fields.text("x", formats=("gbk",)), {"encoding": "gbk", "plain": "hello", "status": 3}),
        (fields.json_value("x"), {"format": "json", "text": {}}),
        (
            fields.json_value(
                "x",
                schema={
                    "type": "object",
                    "required": ["n", "e", "list"],
                    "properties": {
                        "n": {"type": "integer", "default": 4},
                        "e": {"enum": ["a"]},
                        "list": {"type": "array", "minItems": 2, "items": {"type": ["boolean", "null"]}},
                    },
                },
            ),
            {"format": "json", "text": {"n": 4, "e": "a", "list": [True, True]}},
        ),
        (fields.image("x", formats=("jpg",)), "jpg"),
        (fields.audio("x"), "raw"),
    ],
)
def test_each_kind_has_its_own(field: Field, unit: object) -> None:
    shown = example_request("s", Description(inputs=(field,)))["payload"]["x"]
    assert shown == unit or shown["encoding"] == unit


def test_optional_inputs_and_parameters_without_a_default_are_left_out() -> None:
    shown = example_request("form", FORM)
    assert set(shown["payload"]) == {"text"}
    assert shown["parameter"] == {"form": {"times": 1, "loud": False, "mode": "fast"}}
