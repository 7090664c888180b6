"""Answers over REST: tensors in JSON or behind it, as each was asked for, and what neither can hold."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest

from athena import fields
from athena.errors import Executed, Fault, ServiceError
from athena.models import Description, Part, Reply, Sealed
from athena_proto.oip import decode_infer, encode_error, encode_infer

ANY = Description(inputs=(fields.anything(),))
LIMIT = 10_000_000


def answer(document: dict[str, Any], *parts: Part, description: Description = ANY, **attributes: str):
    call = decode_infer(json.dumps({"inputs": [], **document}).encode(), None, "m", ANY, LIMIT)
    made = encode_infer(call, Reply(parts, attributes=attributes), "m", description, LIMIT)
    head = made.body if made.header is None else made.body[: made.header]
    return json.loads(head), made.body[made.header :] if made.header is not None else b""


def test_an_answer_is_json_unless_binary_is_asked_for() -> None:
    array = Part.from_array("y", numpy.array([[1.5, float("nan")]], "<f4"))
    text = Part.from_text("t", "é")
    shown, tail = answer({"id": "i"}, array, text, cost="3", description=Description(version="2"))
    assert (shown["model_name"], shown["model_version"], shown["id"], tail) == ("m", "2", "i", b"")
    assert shown["parameters"] == {"cost": "3"}
    assert shown["outputs"][0] == {"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [1.5, None]}
    assert shown["outputs"][1] == {
        "name": "t", "datatype": "BYTES", "shape": [1], "parameters": {"kind": "text"}, "data": ["é"],
    }  # fmt: skip
    shown, tail = answer({"parameters": {"binary_data_output": True}}, array, text)
    assert [one["parameters"]["binary_data_size"] for one in shown["outputs"]] == [8, 6]
    assert tail == bytes(array.data) + b"\x02\0\0\0\xc3\xa9"


def test_each_output_may_be_asked_for_its_own_way() -> None:
    wanted = [{"name": "b", "parameters": {"binary_data": True}}, {"name": "a", "parameters": {"binary_data": False}}]
    shown, tail = answer(
        {"outputs": wanted, "parameters": {"binary_data_output": True}}, Part("a", b"1"), Part("b", b"2"), Part("c")
    )
    assert [one["name"] for one in shown["outputs"]] == ["b", "a"]
    assert ("data" in shown["outputs"][0], shown["outputs"][1]["data"], tail) == (False, ["1"], b"\x01\0\0\x002")


def test_bytes_that_are_no_text_have_no_json() -> None:
    with pytest.raises(ServiceError, match=r"outputs\.y: not text; ask for it with binary_data") as caught:
        answer({}, Part("y", b"\xff"))
    assert (caught.value.fault, caught.value.executed) == (Fault.BAD_REQUEST, Executed.YES)


def test_an_answer_beyond_the_limit_is_refused() -> None:
    with pytest.raises(ServiceError, match="at most 10 are sent") as caught:
        encode_infer(decode_infer(b'{"inputs":[]}', None, "m", ANY, LIMIT), Reply(), "m", ANY, 10)
    assert (caught.value.fault, caught.value.executed) == (Fault.TOO_LARGE, Executed.YES)


def test_an_error_is_one_sentence() -> None:
    assert json.loads(encode_error(ServiceError(Fault.DEADLINE, "too late"))) == {"error": "too late"}


def test_binary_data_are_copied_only_where_somebody_might_write_to_them() -> None:
    asked = b'{"inputs":[],"parameters":{"binary_data_output":true}}'
    call = decode_infer(asked, None, "m", ANY, LIMIT)
    about = {"dtype": "|u1", "shape": "4"}
    sealed = memoryview(Sealed(b"0123")).toreadonly()
    assert encode_infer(call, Reply((Part("y", sealed, attributes=about),)), "m", ANY, LIMIT).tail[0].obj is sealed.obj
    loose = bytearray(b"0123")
    made = encode_infer(call, Reply((Part("y", memoryview(loose), attributes=about),)), "m", ANY, LIMIT)
    loose[:] = b"xxxx"
    assert (made.tail, made.body[made.header :]) == ((b"0123",), b"0123")
