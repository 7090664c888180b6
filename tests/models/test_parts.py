"""One named piece of data: what it is read as, and what it never shows."""

from __future__ import annotations

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.errors import Fault, ServiceError
from athena.models import (
    END_MARK,
    LAST,
    Expectation,
    Kind,
    Part,
    Sealed,
    Stage,
)


def test_kinds_and_stages_have_the_numbers_of_the_wire() -> None:
    assert [(kind.name, int(kind)) for kind in Kind] == [
        ("TEXT", 0),
        ("AUDIO", 1),
        ("IMAGE", 2),
        ("VIDEO", 3),
        ("OTHER", 4),
    ]
    assert [(stage.name, int(stage)) for stage in Stage] == [("BEGIN", 0), ("CONTINUE", 1), ("END", 2), ("ONCE", 3)]
    assert {Stage.END, Stage.ONCE} == LAST


def test_a_text_part_is_utf8_and_says_so_when_it_is_not() -> None:
    part = Part.from_text("greeting", "grüß", lang="de")
    assert (part.text, part.kind, part.attributes) == ("grüß", Kind.TEXT, {"lang": "de"})
    with pytest.raises(ServiceError, match="greeting: not UTF-8 at byte 1") as caught:
        _ = Part("greeting", b"a\xff").text
    assert caught.value.fault is Fault.BAD_REQUEST


def test_a_part_over_a_memoryview_gives_the_same_answers_and_bytes_to_keep() -> None:
    buffer = bytearray(b"hello")
    part = Part("x", memoryview(buffer).toreadonly())
    kept = part.tobytes()
    buffer[0] = ord("j")
    assert (part.text, kept) == ("jello", b"hello")


def test_a_json_part_is_compact_and_refuses_what_json_has_not() -> None:
    part = Part.from_json("boxes", [{"text": "ß"}])
    assert part.text == '[{"text":"ß"}]'
    assert part.attributes == {"encoding": "utf8", "format": "json"}
    with pytest.raises(ValueError):
        Part.from_json("boxes", float("nan"))


@pytest.mark.parametrize("shape", [(2, 3), (), (0, 4), (5,)])
def test_an_array_survives_with_dtype_and_shape_and_is_read_only(shape: tuple[int, ...]) -> None:
    array = numpy.arange(int(numpy.prod(shape)), dtype="<f4").reshape(shape)
    back = Part.from_array("t", array).array()
    assert back.shape == shape
    assert back.dtype == array.dtype
    assert numpy.array_equal(back, array)
    assert not back.flags.writeable


def test_bytes_without_a_dtype_are_an_array_of_bytes() -> None:
    assert Part("t", b"\x01\x02").array().tolist() == [1, 2]


@given(st.text())
def test_every_text_comes_back_as_it_was_from_bytes_and_from_a_view(text: str) -> None:
    part = Part.from_text("t", text)
    assert part.text == text
    assert Part("t", memoryview(part.tobytes())).text == text


def test_the_end_mark_carries_nothing_and_is_the_last() -> None:
    assert (END_MARK.key, END_MARK.data, END_MARK.stage) == ("", b"", Stage.END)
    assert {Stage.END, Stage.ONCE} == LAST


def test_an_expectation_that_says_nothing_leaves_the_choice_to_the_wrapper() -> None:
    assert Expectation("boxes") == Expectation("boxes", None, {})


def test_data_that_nobody_can_change_any_more_are_given_without_a_copy() -> None:
    sealed = memoryview(Sealed(b"0123456789"))[2:6].toreadonly()
    assert Part("a", sealed).lasting is sealed
    whole = b"bytes"
    assert Part("a", whole).lasting is whole
    open_to_all = bytearray(b"0123456789")
    kept = Part("a", memoryview(open_to_all)[2:6]).lasting
    open_to_all[2:6] = b"xxxx"
    assert kept == b"2345"
    assert Part("a", memoryview(b"0123456789")[::2]).lasting == b"02468"
