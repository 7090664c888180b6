"""The scan: it takes apart what protobuf wrote, and leaves to protobuf what it does not know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_proto import inference_pb2 as pb
from athena_proto import scan


@given(st.integers(0, 2**63))
def test_a_varint_is_what_protobuf_writes(value: int) -> None:
    written = pb.Part(seq=value).SerializeToString()
    assert written == b"\x28" + scan.varint(value)


def test_the_rest_and_the_heads_are_messages_of_their_own() -> None:
    message = pb.Request(
        service="s", params={"a": "b"}, parts=[pb.Part(key="k", data=b"body", seq=4), pb.Part(key="l")]
    )
    split = scan.split(message.SerializeToString(), 4)
    assert split is not None
    rest, parts = split
    assert pb.Request.FromString(rest) == pb.Request(service="s", params={"a": "b"})
    assert [(pb.Part.FromString(head).key, bytes(data)) for head, data in parts] == [("k", b"body"), ("l", b"")]


@pytest.mark.parametrize(
    "data", [b"\x0b", b"\x22\x05ab", b"\x22\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"\x21\x00"]
)
def test_a_malformed_message_is_left_to_protobuf(data: bytes) -> None:
    assert scan.split(data, 4) is None


def test_a_flood_of_fields_is_left_to_protobuf() -> None:
    assert scan.split(b"\x08\x01" * scan.MAX_FIELDS, 4) is not None
    assert scan.split(b"\x08\x01" * (scan.MAX_FIELDS + 1), 4) is None


def test_fixed_fields_are_stepped_over() -> None:
    data = b"\x09" + bytes(8) + b"\x0d" + bytes(4)
    assert scan.split(data, 4) == (data, [])
