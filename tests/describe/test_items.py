"""A request carries as many items as its description says its parts hold."""

from __future__ import annotations

import pytest

from athena import fields
from athena.describe import counter
from athena.models import Description, Field, Kind, Part, Request


def tensor(key: str, shape: str | None) -> Part:
    return Part(key, b"", Kind.OTHER, attributes={} if shape is None else {"shape": shape})


def counted(description: Description, *parts: Part) -> int:
    count = counter(description)
    assert count is not None
    return count(Request("s", parts=parts))


def test_a_wrapper_that_declares_no_items_is_never_asked() -> None:
    assert counter(Description()) is None
    assert counter(Description(inputs=(fields.text("a"), fields.tensor("t", "f4", (3, 4))))) is None


@pytest.mark.parametrize(
    ("shape", "items"),
    [("4x224x224", 4), ("1x3", 1), ("16", 16), ("0x3", 1), (None, 1), ("", 1), ("x3", 1), ("-2x3", 1), ("٣x3", 1)],
)
def test_a_tensors_items_are_its_first_axis(shape: str | None, items: int) -> None:
    assert counted(Description(inputs=(fields.tensor("t", "f4", (-1, 3)),)), tensor("t", shape)) == items


def test_a_number_too_long_to_be_one_counts_as_one() -> None:
    assert counted(Description(inputs=(fields.tensor("t", "f4", (-1,)),)), tensor("t", "9" * 5000)) == 1


def test_of_any_other_input_each_part_is_an_item() -> None:
    images = Description(inputs=(Field("image", Kind.IMAGE, items=True), fields.text("lang")))
    parts = [Part("image", b"1", Kind.IMAGE), Part("lang", b"en", Kind.TEXT), Part("image", b"2", Kind.IMAGE)]
    assert counted(images, *parts) == 2
    assert counted(images, parts[1]) == 1
    assert counted(images) == 1


def test_inputs_that_hold_the_same_items_are_not_added() -> None:
    both = Description(inputs=(fields.tensor("ids", "i8", (-1, 8)), fields.tensor("mask", "i8", (-1, 8))))
    assert counted(both, tensor("ids", "5x8"), tensor("mask", "5x8")) == 5
