"""The REST codec: JSON tensors flat and nested, binary ones behind them, and everything that is neither."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest

from athena import fields
from athena.errors import Fault, ServiceError
from athena.models import Description
from athena_proto.oip_json import decode_infer

ANY = Description(inputs=(fields.anything(),))
LIMIT = 10_000_000


def tensor(name: str = "x", datatype: str = "INT32", shape: list[int] | None = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": [2] if shape is None else shape, **more}


def decoded(document: object, tail: bytes | None = None, description: Description = ANY):
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    header = None if tail is None else len(text)
    return decode_infer(text + (tail or b""), header, "m", description, LIMIT)


@pytest.mark.parametrize("data", [[1, 2, 3, 4], [[1, 2], [3, 4]]])
def test_data_are_taken_flat_or_nested(data: object) -> None:
    call = decoded({"inputs": [tensor(shape=[2, 2], data=data)]})
    assert call.request.parts[0].array().tolist() == [[1, 2], [3, 4]]


def test_binary_data_are_handed_out_in_the_order_of_the_tensors_without_a_copy() -> None:
    one, two = numpy.array([1, 2], "<i4"), numpy.array([0.5], "<f8")
    document = {
        "inputs": [
            tensor("a", parameters={"binary_data_size": 8}),
            tensor("b", "BYTES", [2], data=["é", "x"]),
            tensor("c", "FP64", [1], parameters={"binary_data_size": 8}),
            tensor("d", "BYTES", [1], parameters={"binary_data_size": 6}),
        ]
    }
    parts = decoded(document, one.tobytes() + two.tobytes() + b"\x02\0\0\0\xff\xfe").request.parts
    assert [part.key for part in parts] == ["a", "b", "b", "c", "d"]
    assert parts[0].array().tolist() == [1, 2]
    assert (parts[1].text, parts[3].array().tolist(), parts[4].tobytes()) == ("é", [0.5], b"\xff\xfe")
    assert isinstance(parts[0].data, memoryview)
    assert parts[0].data.readonly


def test_id_and_parameters_and_outputs_are_read_and_null_is_nothing() -> None:
    call = decoded({"id": "7", "inputs": [], "parameters": {"k": 1}, "outputs": [{"name": "y"}], "other": {"z": 1}})
    assert (call.id, dict(call.request.params), call.outputs[0].name) == ("7", {"k": "1"}, "y")
    bare = decoded({"id": None, "inputs": [tensor(data=[1, 2], parameters=None)], "parameters": None, "outputs": None})
    assert (bare.id, bare.outputs) == ("", ())


@pytest.mark.parametrize(
    ("document", "tail", "words"),
    [
        ([], None, "body: Expected `object`"),
        ({}, None, "missing required field `inputs`"),
        ({"inputs": [tensor(shape=["2"], data=[1, 2])]}, None, "at `inputs"),
        ({"inputs": [tensor(data=[1])]}, None, r"inputs.x.data: 1 elements; the shape \[2\] has 2"),
        ({"inputs": [tensor(data=[1, "2"])]}, None, "inputs.x.data: expected INT32"),
        ({"inputs": [tensor(data=[1, 2.5])]}, None, "inputs.x.data: expected INT32"),
        ({"inputs": [tensor(data={"a": 1})]}, None, "inputs.x.data: expected INT32"),
        ({"inputs": [tensor(data=[1, 2**31])]}, None, "a value that is no INT32"),
        ({"inputs": [tensor(shape=[2, 2], data=[[1, 2, 3], [4]])]}, None, "a row that has not the 2 elements"),
        ({"inputs": [tensor(shape=[2, 2], data=[[1, 2]])]}, None, r"1 rows; the shape \[2, 2\] has 2"),
        ({"inputs": [tensor(shape=[2, 2], data=[[[1]]])]}, None, "flat or nested as the shape is"),
        ({"inputs": [tensor()]}, None, "neither data nor binary_data_size"),
        ({"inputs": [tensor(data=[1, 2], parameters={"binary_data_size": 8})]}, bytes(8), "both data and"),
        ({"inputs": [tensor(parameters={"binary_data_size": 4})]}, bytes(4), "4 bytes; 2 elements of INT32 have 8"),
        ({"inputs": [tensor(parameters={"binary_data_size": 9})]}, bytes(8), "there are 8 more"),
        ({"inputs": [tensor(parameters={"binary_data_size": True})]}, bytes(8), "expected a number of bytes"),
        ({"inputs": [tensor(data=[1, 2])]}, b"!", "1 bytes behind the JSON"),
        ({"inputs": [tensor(datatype="BF16", data=[1, 2])]}, None, "BF16 has no JSON"),
        (b'{"inputs":[{"name":"x","name":"x","datatype":"INT8","shape":[1],"data":[1]}]}', None, "stands twice"),
        (b'{"inputs":[],"parameters":{"a":1,"a":2}}', None, "'a' stands twice"),
        (b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[NaN]}]}', None, "body: "),
        (b'{"inputs":[{"name":"x","datatype":"BYTES","shape":[1],"data":["\xff"]}]}', None, "not UTF-8 at byte 2"),
        (b'{"inputs":[{"name":"x","datatype":"BYTES","shape":[1,1],"data":[["\xff"]]}]}', None, "not UTF-8 at byte 3"),
        (b'{"inputs":[{"name":"x","datatype":"INT8","shape":[1],"data":["\xff"]}]}', None, "not UTF-8 at byte 2"),
        (b'{"inputs":[]', None, "body: "),
        (b"", None, "body: "),
    ],
)
def test_what_is_malformed_is_refused_with_its_place(document: object, tail: bytes | None, words: str) -> None:
    with pytest.raises(ServiceError, match=words) as caught:
        decoded(document, tail)
    assert caught.value.fault is Fault.BAD_REQUEST


def test_text_that_looks_like_members_is_not_counted_as_such() -> None:
    call = decoded({"inputs": [tensor("x", "BYTES", [2], data=['{"a":1,"a":2}', '":"'])]})
    assert [part.text for part in call.request.parts] == ['{"a":1,"a":2}', '":"']


def test_a_header_length_beyond_the_body_and_a_body_beyond_the_limit_are_refused() -> None:
    with pytest.raises(ServiceError, match="Inference-Header-Content-Length: 99"):
        decode_infer(b"{}", 99, "m", ANY, LIMIT)
    with pytest.raises(ServiceError, match="at most 3 are taken") as caught:
        decode_infer(b"{  }", None, "m", ANY, 3)
    assert caught.value.fault is Fault.TOO_LARGE


@pytest.mark.parametrize(
    ("field", "body", "shown"),
    [(fields.image("p"), b"\x89PNG", b"\x89PNG"), (fields.tensor("p", "<f4", [-1, 2]), bytes(16), [[0.0] * 2] * 2)],
)
def test_a_header_length_of_0_is_the_only_inputs_bytes(field, body: bytes, shown: object) -> None:
    call = decode_infer(body, 0, "m", Description(inputs=(field,)), LIMIT)
    (part,) = call.request.parts
    assert (part.array().tolist() if field.dtype else part.tobytes()) == shown
    assert call.options.binary


def test_a_header_length_of_0_is_refused_where_there_is_no_one_input() -> None:
    with pytest.raises(ServiceError, match="exactly one declared input"):
        decode_infer(b"", 0, "m", ANY, LIMIT)
