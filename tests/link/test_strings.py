"""Strings and principals in heads: what goes in comes out, and what is absent stays absent."""

from __future__ import annotations

import pytest

from athena.link import worker_pb2 as pb
from athena.link.strings import principal_into, principal_of, strings_into, strings_of
from athena.models import EMPTY, Principal


def test_strings_come_out_as_they_went_in_and_none_are_the_empty_mapping() -> None:
    head = pb.Part()
    strings_into(head.attributes, {"a": "1", "ü": ""}.items())
    assert strings_of(head.attributes) == {"a": "1", "ü": ""}
    assert strings_of(pb.Part().attributes) is EMPTY


@pytest.mark.parametrize(
    "who",
    [
        Principal("a"),
        Principal("b", "jwt"),
        Principal("c", scopes=frozenset()),
        Principal("d", "hmac", frozenset({"ocr", "asr"}), 12.5, "ab" * 32),
    ],
)
def test_a_principal_comes_out_as_it_went_in(who: Principal) -> None:
    head = pb.Principal()
    principal_into(head, who)
    assert principal_of(pb.Principal.FromString(head.SerializeToString())) == who
