"""An author's words become data."""

from __future__ import annotations

import json

import pytest

from athena import fields
from athena.models import Field, Kind


@pytest.mark.parametrize(
    ("make", "kind"),
    [(fields.text, Kind.TEXT), (fields.image, Kind.IMAGE), (fields.audio, Kind.AUDIO), (fields.video, Kind.VIDEO)],
)
def test_each_kind_has_its_word_and_is_required_unless_said_otherwise(make: object, kind: Kind) -> None:
    assert callable(make)
    made = make("data", formats=["a", "b"], summary="what it is")
    assert (made.key, made.kind, made.required, made.formats) == ("data", kind, True, ("a", "b"))
    assert made.summary == "what it is"
    assert make("data", required=False).required is False


def test_a_json_value_carries_its_schema_as_text() -> None:
    made = fields.json_value("boxes", schema={"type": "array"})
    assert json.loads(made.schema) == {"type": "array"}
    assert made.formats == ("json",)
    assert fields.json_value("boxes").schema == ""


def test_a_tensors_free_first_axis_counts_its_items() -> None:
    assert fields.tensor("x", "<f4", [-1, 3]).items is True
    assert fields.tensor("x", "<f4", [2, 3]).items is False
    assert fields.tensor("x", "<f4", []).items is False
    assert fields.tensor("x", "<f4", [2, 3]).shape == (2, 3)


def test_anything_takes_every_part_of_any_kind() -> None:
    assert fields.anything() == Field("*", None, False)


def test_parameters_keep_their_defaults_as_the_strings_they_travel_as() -> None:
    assert fields.integer("n", default=3, minimum=1, maximum=9).default == "3"
    assert fields.number("x", default=0.1).default == "0.1"
    assert fields.boolean("b", default=True).default == "true"
    assert fields.string("s", default="a", choices=["a", "b"]).choices == ("a", "b")
    for make in (fields.integer, fields.number, fields.boolean, fields.string):
        assert make("p").default is None
        assert make("p").required is False


def test_the_bounds_of_a_string_are_about_its_length() -> None:
    made = fields.string("s", min_length=1, max_length=4)
    assert (made.minimum, made.maximum) == (1, 4)
