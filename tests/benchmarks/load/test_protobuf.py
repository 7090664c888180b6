"""Messages written by hand are what protobuf reads."""

from __future__ import annotations

import pytest
from google.protobuf import descriptor_pb2 as known

from benchmarks.load.protobuf import field, model_infer, once_exec, user_defined, varint


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02"), (1 << 35, b"\x80" * 5 + b"\x01")],
)
def test_a_number_takes_seven_bits_a_byte(number: int, written: bytes) -> None:
    assert varint(number) == written


def test_fields_are_read_by_protobuf_as_they_were_meant() -> None:
    value = known.EnumValueDescriptorProto.FromString(field(1, "name") + field(2, 300))
    assert (value.name, value.number) == ("name", 300)
    file = known.FileDescriptorProto.FromString(field(3, "a") + field(3, b"b" * 200))
    assert list(file.dependency) == ["a", "b" * 200]


def test_a_call_holds_its_data_whole() -> None:
    data = bytes(range(256))
    assert data in model_infer("echo", data)
    assert data in once_exec("tag", data)
    assert b"text" in user_defined("text")
