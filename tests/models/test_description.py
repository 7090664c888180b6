"""What a wrapper takes and gives, as data."""

from __future__ import annotations

import attrs
import pytest

from athena.models import Description, Field, Kind, Param


def test_a_field_that_says_nothing_is_required_and_of_any_kind() -> None:
    field = Field("x")
    assert (field.kind, field.required, field.formats, field.items) == (None, True, (), False)


def test_a_parameter_that_says_nothing_is_an_optional_string_of_any_length() -> None:
    param = Param("x")
    assert (param.type, param.required, param.default, param.choices) == ("string", False, None, ())
    assert (param.minimum, param.maximum) == (None, None)


def test_an_empty_description_describes_nothing() -> None:
    assert Description() == Description("", "", (), (), (), frozenset())


def test_descriptions_are_compared_by_what_they_say() -> None:
    one = Description("1", inputs=(Field("a", Kind.TEXT),), params=(Param("p"),))
    assert one == attrs.evolve(one)
    assert one != attrs.evolve(one, params=())
    assert len({one, attrs.evolve(one)}) == 1


@pytest.mark.parametrize("value", [Field("x"), Param("x"), Description()])
def test_they_are_frozen(value: object) -> None:
    field = attrs.fields(type(value))[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(value, field, "other")
