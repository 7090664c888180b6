"""The texts of a request, and the place of what is wrong."""

from __future__ import annotations

import json

import pytest

from athena import Fault, Kind, Part, Request, ServiceError
from athena_wrapper_embedding.texts import texts_of


def asked(*parts: Part, most: int = 10) -> list[str]:
    return texts_of(Request("", parts=parts), most)


def test_the_texts_of_parts_and_of_arrays_keep_their_order() -> None:
    many = Part.from_json("texts", ["three", "four"])
    assert asked(many, Part.from_text("text", "one"), Part.from_text("text", "two")) == ["three", "four", "one", "two"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('{"a": 1}', "payload.texts: expected an array of strings, got dict"),
        ("[1]", r"payload.texts\[0\]: expected a string, got int"),
        ('["a", null]', r"payload.texts\[1\]: expected a string, got NoneType"),
        ('["a"', "payload.texts: expected a JSON array of strings, got no JSON"),
        ("[" * 100_000, "got no JSON"),
        (r'["\ud800"]', r"payload.texts\[0\]: half a pair of surrogates"),
        ('["a", " \\n"]', r"payload.texts\[1\]: an empty text"),
        ("[]", "payload: no text"),
    ],
)
def test_what_is_no_array_of_texts_is_said_with_its_place(value: str, said: str) -> None:
    with pytest.raises(ServiceError, match=said) as caught:
        asked(Part("texts", value.encode(), Kind.TEXT))
    assert caught.value.fault is Fault.BAD_REQUEST


def test_bytes_that_are_no_text_and_no_text_at_all_are_bad_requests() -> None:
    for parts in ((Part("text", b"\xff", Kind.TEXT),), (Part.from_text("text", ""),), ()):
        with pytest.raises(ServiceError) as caught:
            asked(*parts)
        assert caught.value.fault is Fault.BAD_REQUEST


def test_too_many_texts_are_too_large_whichever_way_they_came() -> None:
    for parts in ([Part.from_text("text", "x")] * 3, [Part.from_json("texts", json.loads('["a", "b", "c"]'))]):
        with pytest.raises(ServiceError, match="3 texts, more than max_texts = 2") as caught:
            asked(*parts, most=2)
        assert caught.value.fault is Fault.TOO_LARGE
