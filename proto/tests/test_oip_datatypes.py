"""Datatypes: there and back as numpy has them, and what none of them holds."""

from __future__ import annotations

import numpy
import pytest

from athena.errors import Fault, ServiceError
from athena_proto.oip_datatypes import DATATYPES, datatype_of, swapped

NUMERIC = [kind for kind in DATATYPES.values() if kind.code]
SAMPLES = {bool: [True, False, True], int: [0, 1, 127], float: [0.0, -1.5, 1024.0]}


@pytest.mark.parametrize("kind", NUMERIC, ids=lambda kind: kind.name)
def test_elements_are_packed_as_numpy_packs_them_and_come_back(kind) -> None:
    values = SAMPLES[kind.element]
    packed = kind.pack(values, "x")
    assert packed == numpy.array(values, kind.dtype).tobytes()
    assert kind.unpack(packed) == values
    assert len(packed) == kind.size * 3


@pytest.mark.parametrize(
    ("name", "value"),
    [("UINT8", 256), ("UINT8", -1), ("INT8", 128), ("INT64", 2**63), ("UINT64", -1), ("BOOL", 2), ("FP16", 1e6)],
)
def test_what_a_datatype_cannot_hold_is_refused(name: str, value: float) -> None:
    with pytest.raises(ServiceError, match=f"x: a value that is no {name}") as caught:
        DATATYPES[name].pack([value], "x")
    assert caught.value.fault is Fault.BAD_REQUEST


@pytest.mark.parametrize(
    ("dtype", "name"),
    [
        ("<f4", "FP32"),
        (">f4", "FP32"),
        ("float32", "FP32"),
        ("|b1", "BOOL"),
        ("?", "BOOL"),
        ("uint8", "UINT8"),
        ("=i8", "INT64"),
        ("bfloat16", "BF16"),
        ("float", "FP64"),
    ],
)
def test_numpys_words_for_a_datatype_are_understood(dtype: str, name: str) -> None:
    found = datatype_of(dtype)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("dtype", ["<c8", "|S3", "", "<M8", "object", "V2"])
def test_a_dtype_without_a_word_is_none(dtype: str) -> None:
    assert datatype_of(dtype) is None


def test_bytes_are_swapped_element_by_element() -> None:
    assert swapped(b"\x01\x02\x03\x04", 2) == b"\x02\x01\x04\x03"
    assert swapped(b"\x01\x02", 1) == b"\x01\x02"
