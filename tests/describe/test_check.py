"""A request against a description: what does not fit is refused with its path and what was expected."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena import fields
from athena.describe import checker
from athena.errors import Executed, Fault, ServiceError
from athena.models import END_MARK, Description, Field, Kind, Param, Part, Request

PAGE = fields.image("page", formats=["png", "jpg"])
NOTE = fields.text("note", required=False)


def described(*inputs: Field, params: tuple[Param, ...] = ()) -> Description:
    return Description(inputs=inputs, params=params)


def refusal(description: Description, *parts: Part, **params: str) -> str:
    with pytest.raises(ServiceError) as caught:
        checker(description).request(Request("s", parts=parts, params=params))
    assert (caught.value.fault, caught.value.executed) == (Fault.BAD_REQUEST, Executed.NO)
    return caught.value.message


def fits(description: Description, *parts: Part, **params: str) -> None:
    checker(description).request(Request("s", parts=parts, params=params))


def test_what_fits_passes() -> None:
    fits(described(PAGE, NOTE), Part("page", b"", Kind.IMAGE))
    fits(described(PAGE, NOTE), Part("page", b"", Kind.IMAGE), Part.from_text("note", "x"))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((), "payload.page: missing; the request has: none"),
        ((Part.from_text("note", "x"),), "payload.page: missing; the request has: note"),
        ((Part("pgae", b"", Kind.IMAGE),), "payload.pgae: unknown; expected one of: note, page"),
        ((Part("page", b"", Kind.TEXT),), "payload.page: expected image, got text"),
        (
            (Part("page", b"", Kind.IMAGE, attributes={"format": "tiff"}),),
            "payload.page: expected format png or jpg, got 'tiff'",
        ),
        (
            (Part("page", b"", Kind.IMAGE, attributes={"encoding": "tiff"}),),
            "payload.page: expected format png or jpg, got 'tiff'",
        ),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(parts: tuple[Part, ...], message: str) -> None:
    assert refusal(described(PAGE, NOTE), *parts) == message


@pytest.mark.parametrize("attributes", [{}, {"format": "png"}, {"encoding": "jpg"}, {"rate": "16000"}, {"format": ""}])
def test_a_format_is_checked_where_the_caller_says_one(attributes: dict[str, str]) -> None:
    fits(described(PAGE), Part("page", b"", Kind.IMAGE, attributes=attributes))


def test_a_wrapper_that_describes_no_inputs_takes_every_part_and_its_params_are_still_checked() -> None:
    fits(Description(), Part("whatever", b"", Kind.VIDEO), x="1")
    assert refusal(described(params=(fields.integer("n"),)), Part("whatever"), n="x") == (
        "parameter.n: expected a whole number, got 'x'"
    )


def test_anything_takes_every_part_beside_those_that_are_named() -> None:
    description = described(PAGE, fields.anything())
    fits(description, Part("page", b"", Kind.IMAGE), Part("extra", b"", Kind.AUDIO))
    assert "payload.page: missing" in refusal(description, Part("extra"))


def test_a_write_of_a_session_need_not_have_everything_and_may_be_the_end_mark() -> None:
    check = checker(described(PAGE, fields.text("note")))
    check.parts(Request("s", parts=(Part.from_text("note", "x"),)))
    check.parts(Request("s", parts=(END_MARK,)))
    with pytest.raises(ServiceError, match=r"payload\.other"):
        check.parts(Request("s", parts=(Part("other"),)))


def test_a_required_parameter_is_missed_and_others_pass_unchecked() -> None:
    description = described(params=(fields.string("lang", required=True),))
    assert refusal(description) == "parameter.lang: missing"
    fits(description, lang="de", unknown="whatever")


@pytest.mark.parametrize(
    ("param", "right", "wrong", "expected"),
    [
        (fields.boolean("p"), ["true", "false"], ["True", "1", "", "yes"], "true or false"),
        (fields.integer("p"), ["0", "-3", "+7"], ["1.0", "", "x", "1_000", " 5", "5\n", "١", "1e3"], "a whole number"),
        (fields.integer("p", minimum=1, maximum=9), ["1", "9"], ["0", "10"], "a whole number from 1 to 9"),
        (fields.number("p"), ["0", "-.5", "1e-3", "2."], ["nan", "inf", "-inf", "", "x", "1_0", " 1"], "a number"),
        (fields.number("p", minimum=0.5), ["0.5", "7"], ["0.49", "-1"], "a number from 0.5"),
        (fields.number("p", maximum=0.5), ["0.5", "-7"], ["0.51"], "a number to 0.5"),
        (fields.string("p", choices=["a", "b"]), ["a", "b"], ["c", "", "A"], "one of: a, b"),
        (fields.string("p", min_length=2, max_length=3), ["ab", "äöü"], ["a", "abcd"], "text of length from 2 to 3"),
        (fields.string("p"), ["", "x" * 10_000], [], ""),
    ],
)  # fmt: skip
def test_a_parameter_is_checked_by_its_type_and_bounds(
    param: Param, right: list[str], wrong: list[str], expected: str
) -> None:
    description = described(params=(param,))
    for value in right:
        fits(description, p=value)
    for value in wrong:
        assert refusal(description, p=value) == f"parameter.p: expected {expected}, got {value!r}"


@given(st.integers(), st.integers(-100, 100), st.integers(-100, 100))
def test_whole_numbers_within_their_bounds_and_no_others_pass(value: int, low: int, high: int) -> None:
    description = described(params=(fields.integer("p", minimum=low, maximum=high),))
    try:
        fits(description, p=str(value))
    except ServiceError:
        assert not low <= value <= high
    else:
        assert low <= value <= high


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_is_a_number_as_python_writes_it(value: float) -> None:
    assert math.isfinite(value)
    fits(described(params=(fields.number("p"),)), p=repr(value))


@given(st.text(max_size=40))
def test_no_text_at_all_makes_a_check_fail_with_anything_but_a_refusal(value: str) -> None:
    params = (fields.integer("a"), fields.number("b"), fields.boolean("c"), fields.string("d", max_length=3))
    for key in "abcd":
        try:
            fits(described(params=params), **{key: value})
        except ServiceError as error:
            assert error.fault is Fault.BAD_REQUEST
