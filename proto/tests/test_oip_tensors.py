"""Tensors and parts: what the declaration makes of each, there and back."""

from __future__ import annotations

import numpy
import pytest

from athena import fields
from athena.errors import Executed, Fault, ServiceError
from athena.models import Description, Kind, Part, Stage
from athena_proto.oip_datatypes import BYTES, DATATYPES
from athena_proto.oip_tensors import Tensor, checked, framed, parts_of, resolved, shape_of, tensors_of, unframed

FP32 = DATATYPES["FP32"]
IMAGE = {"page": fields.image("page")}


def declared(*inputs) -> dict:
    return {one.key: one for one in inputs}


def test_a_numeric_tensor_is_one_part_that_numpy_can_read() -> None:
    array = numpy.arange(6, dtype="<f4").reshape(2, 3)
    (part,) = parts_of(Tensor("x", FP32, (2, 3), [array.tobytes()]), {})
    assert numpy.array_equal(part.array(), array)
    (back,) = tensors_of([part], Description())
    assert (back.datatype, back.shape, back.elements[0]) == (FP32, (2, 3), array.tobytes())


def test_each_element_of_bytes_is_a_part_of_the_declared_kind() -> None:
    parts = parts_of(Tensor("page", BYTES, (2,), [b"a", b"b"]), IMAGE, Stage.BEGIN)
    assert [(part.key, part.kind, part.stage, part.data) for part in parts] == [
        ("page", Kind.IMAGE, Stage.BEGIN, b"a"),
        ("page", Kind.IMAGE, Stage.BEGIN, b"b"),
    ]
    (back,) = tensors_of([Part("page", part.data, part.kind) for part in parts], Description())
    assert (back.shape, list(back.elements), dict(back.parameters)) == ((2,), [b"a", b"b"], {"kind": "image"})


def test_a_shape_of_more_axes_than_elements_need_comes_back() -> None:
    parts = parts_of(Tensor("x", BYTES, (2, 1), [b"a", b"b"]), {})
    assert tensors_of(parts, Description())[0].shape == (2, 1)
    assert tensors_of(parts[:1], Description())[0].shape == (1,)


def test_a_tensors_own_word_on_its_kind_and_the_rest_of_it_travel() -> None:
    tensor = Tensor("x", BYTES, (1,), [b"RIFF"], {"kind": "audio", "encoding": "wav", "binary_data_size": "8"})
    (part,) = parts_of(tensor, {})
    assert (part.kind, dict(part.attributes)) == (Kind.AUDIO, {"encoding": "wav"})
    assert dict(tensors_of([part], Description())[0].parameters) == {"kind": "audio", "encoding": "wav"}


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (Tensor("", BYTES, (1,), [b""]), "without a name"),
        (Tensor("x", BYTES, (1,), [b""], {"kind": "smell"}), "kind: expected one of text"),
        (Tensor("t", BYTES, (1,), [b"\xff"]), "inputs.t: not UTF-8"),
        (Tensor("n", BYTES, (1,), [b""]), "expected FP32, got BYTES"),
        (Tensor("n", DATATYPES["INT32"], (1, 2), [bytes(8)]), "expected FP32, got INT32"),
        (Tensor("n", FP32, (2, 1), [bytes(8)]), r"expected \[-1, 2\], got \[2, 1\]"),
        (Tensor("n", FP32, (2,), [bytes(8)]), r"expected \[-1, 2\], got \[2\]"),
    ],
)
def test_what_the_declaration_does_not_take_is_refused(tensor: Tensor, words: str) -> None:
    inputs = declared(fields.text("t"), fields.tensor("n", "<f4", [-1, 2]), fields.anything())
    with pytest.raises(ServiceError, match=words) as caught:
        parts_of(tensor, inputs)
    assert caught.value.fault is Fault.BAD_REQUEST


@pytest.mark.parametrize(
    ("datatype", "shape", "words"),
    [
        ("FP8", [1], "expected one of BOOL"),
        ("FP32", [-1], "none negative"),
        ("FP32", [1] * 17, "at most 16"),
        ("BYTES", [5000], "at most 4096"),
        ("INT8", [2**60], "none negative"),
    ],
)
def test_a_shape_or_datatype_that_is_none_is_refused(datatype: str, shape: list[int], words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        checked("x", datatype, shape)


def test_an_empty_shape_is_one_element_and_a_zero_is_none() -> None:
    assert checked("x", "FP32", [])[1] == 1
    assert checked("x", "FP32", [3, 0])[1] == 0


@pytest.mark.parametrize("elements", [[], [b""], [b"a", b"", b"ccc"]])
def test_framed_elements_come_back(elements: list[bytes]) -> None:
    assert [bytes(one) for one in unframed("x", framed(elements), len(elements))] == elements


@pytest.mark.parametrize("data", [b"\x01", b"\x05\0\0\0ab", b"\x01\0\0\0ab", b"\xff\xff\xff\xff", b""])
def test_frames_that_do_not_fit_are_refused(data: bytes) -> None:
    with pytest.raises(ServiceError, match="each behind its length"):
        unframed("x", data, 1)


def test_a_part_without_a_shape_takes_the_declared_one() -> None:
    outputs = Description(outputs=(fields.tensor("y", "<f4", [-1, 2]),))
    (tensor,) = tensors_of([Part("y", bytes(16))], outputs)
    assert (tensor.datatype, tensor.shape) == (FP32, (2, 2))
    assert resolved((), 3) == (3,)
    assert resolved((2, 2), 4) == (2, 2)
    assert resolved((2, -1, -1), 4) == (4,)


def test_a_big_endian_part_is_turned_round() -> None:
    part = Part.from_array("x", numpy.array([1.5, 2.5], ">f4"))
    (tensor,) = tensors_of([part], Description())
    assert tensor.elements[0] == numpy.array([1.5, 2.5], "<f4").tobytes()


def test_numeric_parts_of_one_key_get_an_axis_more() -> None:
    part = Part.from_array("x", numpy.zeros((2, 3), "<f4"))
    (tensor,) = tensors_of([part, part], Description())
    assert tensor.shape == (2, 2, 3)


@pytest.mark.parametrize(
    "parts",
    [
        [Part("x", b"abc", attributes={"dtype": "<f4", "shape": "1"})],
        [Part("x", bytes(4), attributes={"dtype": "<f4", "shape": "one"})],
        [Part("x", bytes(4), attributes={"dtype": "<f4", "shape": size}) for size in ("1", "1x1")],
    ],
)
def test_a_part_that_is_not_what_it_says_is_the_wrappers_error(parts: list[Part]) -> None:
    with pytest.raises(ServiceError, match=r"outputs\.x: its") as caught:
        tensors_of(parts, Description())
    assert (caught.value.fault, caught.value.executed) == (Fault.USER_ERROR, Executed.YES)


def test_stage_and_number_are_told_where_they_are_not_the_usual() -> None:
    (tensor,) = tensors_of([Part("x", b"", Kind.TEXT, Stage.CONTINUE, 4)], Description())
    assert dict(tensor.parameters) == {"kind": "text", "stage": "continue", "seq": "4"}


def test_metadata_give_what_is_no_tensor_as_bytes() -> None:
    assert shape_of(fields.tensor("x", "<f2", [-1, 3])) == ("FP16", (-1, 3))
    assert shape_of(fields.text("x")) == ("BYTES", (1,))
