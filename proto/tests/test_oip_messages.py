"""The gRPC codec: contents and raw contents, answers, streams, and messages that are none."""

from __future__ import annotations

import numpy
import pytest

from athena import fields
from athena.errors import Executed, Fault, ServiceError
from athena.models import ANONYMOUS, Description, Health, Part, Reply, ServiceSettings, ServiceView
from athena_proto import oip_messages as codec
from athena_proto import oip_pb2 as pb

ANY = Description("2", inputs=(fields.anything(),))
LIMIT = 1_000_000


def asked(*inputs: tuple, raw: tuple[bytes, ...] = (), **more) -> pb.ModelInferRequest:
    message = pb.ModelInferRequest(model_name="m", raw_input_contents=raw, **more)
    for name, datatype, shape, contents in inputs:
        message.inputs.add(name=name, datatype=datatype, shape=shape, contents=contents)
    return message


CONTENTS = [
    ("BOOL", "bool_contents", [True, False], "|b1"),
    ("INT8", "int_contents", [-128, 127], "|i1"),
    ("INT16", "int_contents", [-3, 3], "<i2"),
    ("INT32", "int_contents", [-3, 3], "<i4"),
    ("INT64", "int64_contents", [-(2**63), 3], "<i8"),
    ("UINT8", "uint_contents", [0, 255], "|u1"),
    ("UINT16", "uint_contents", [0, 3], "<u2"),
    ("UINT32", "uint_contents", [0, 3], "<u4"),
    ("UINT64", "uint64_contents", [0, 2**64 - 1], "<u8"),
    ("FP32", "fp32_contents", [0.5, -1.0], "<f4"),
    ("FP64", "fp64_contents", [0.1, 1e300], "<f8"),
]


@pytest.mark.parametrize(("datatype", "field", "values", "dtype"), CONTENTS, ids=[row[0] for row in CONTENTS])
def test_contents_and_raw_contents_are_the_same_part(datatype: str, field: str, values: list, dtype: str) -> None:
    array = numpy.array(values, dtype)
    typed = codec.call_of(asked(("x", datatype, [2], {field: values})), ANY)
    raw = codec.call_of(asked(("x", datatype, [2], None), raw=(array.tobytes(),)), ANY)
    for call in (typed, raw):
        (part,) = call.request.parts
        assert part.attributes["dtype"] == dtype
        assert numpy.array_equal(part.array(), array)


def test_bytes_come_in_contents_or_framed() -> None:
    typed = codec.call_of(asked(("x", "BYTES", [2], {"bytes_contents": [b"a", b"\xff"]})), ANY)
    raw = codec.call_of(asked(("x", "BYTES", [2], None), raw=(b"\x01\0\0\0a\x01\0\0\0\xff",)), ANY)
    for call in (typed, raw):
        assert [part.tobytes() for part in call.request.parts] == [b"a", b"\xff"]


def test_id_outputs_and_parameters_are_read() -> None:
    message = asked(id="7", outputs=[{"name": "y"}])
    message.parameters["n"].uint64_param = 2**63
    message.parameters["f"].double_param = 0.5
    message.parameters["empty"].SetInParent()
    message.parameters["sequence_id"].int64_param = 5
    message.outputs[0].parameters["encoding"].string_param = "png"
    call = codec.call_of(message, ANY)
    assert (call.id, dict(call.request.params)) == ("7", {"n": str(2**63), "f": "0.5"})
    assert call.options.sequence is not None
    assert dict(call.request.expect[0].attributes) == {"encoding": "png"}


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (asked(("x", "INT32", [2], {"int_contents": [1]})), r"1 elements in int_contents; the shape \[2\] has 2"),
        (asked(("x", "INT32", [1], {"int64_contents": [1]})), "0 elements in int_contents"),
        (asked(("x", "INT8", [1], {"int_contents": [128]})), "a value that is no INT8"),
        (asked(("x", "FP16", [1], {"fp32_contents": [1]})), "none for FP16; send it in raw_input_contents"),
        (asked(("x", "INT32", [1], None), raw=(b"abc",)), "3 bytes; 1 elements of INT32 have 4"),
        (asked(("x", "INT8", [1], {"int_contents": [1]}), raw=(b"a",)), "both contents and raw_input_contents"),
        (asked(("x", "INT8", [1], None), raw=(b"a", b"b")), "2 for 1 inputs"),
        (asked(("x", "BYTES", [1], None), raw=(b"a",)), "each behind its length"),
        (asked(("x", "FLOAT", [1], None)), "datatype: expected one of"),
    ],
)
def test_tensors_that_make_no_sense_are_refused(message: pb.ModelInferRequest, words: str) -> None:
    with pytest.raises(ServiceError, match=words) as caught:
        codec.call_of(message, ANY)
    assert caught.value.fault is Fault.BAD_REQUEST


def test_shared_memory_is_unsupported() -> None:
    message = asked(("x", "INT8", [1], None))
    message.inputs[0].parameters["shared_memory_region"].string_param = "r"
    with pytest.raises(ServiceError, match="shared memory is not taken"):
        codec.call_of(message, ANY)


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\x05ab", b"\x0a\x01\xff"])
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    with pytest.raises(ServiceError, match=r"message: not an inference\.ModelInferRequest"):
        codec.parse_infer(data, LIMIT)


def test_a_message_beyond_the_limit_is_refused_both_ways() -> None:
    with pytest.raises(ServiceError, match="at most 3 are taken") as caught:
        codec.parse_infer(bytes(4), 3)
    assert caught.value.fault is Fault.TOO_LARGE
    with pytest.raises(ServiceError, match="at most 100 are sent") as caught:
        codec.encode_reply(codec.call_of(asked(), ANY), Reply((Part("y", bytes(200)),)), ANY, 100)
    assert (caught.value.fault, caught.value.executed) == (Fault.TOO_LARGE, Executed.YES)


def test_an_answer_is_always_raw() -> None:
    array = Part.from_array("y", numpy.array([[1.5]], "<f4"))
    reply = Reply((array, Part.from_text("t", "é")), attributes={"cost": "3"})
    message = pb.ModelInferResponse.FromString(codec.encode_reply(codec.call_of(asked(id="i"), ANY), reply, ANY, LIMIT))
    assert (message.model_name, message.model_version, message.id) == ("m", "2", "i")
    assert message.parameters["cost"].string_param == "3"
    assert [(one.name, one.datatype, list(one.shape)) for one in message.outputs] == [
        ("y", "FP32", [1, 1]),
        ("t", "BYTES", [1]),
    ]
    assert message.outputs[1].parameters["kind"].string_param == "text"
    assert list(message.raw_output_contents) == [array.data, b"\x02\0\0\0\xc3\xa9"]


def test_a_stream_tells_its_end_where_it_was_asked_to() -> None:
    message = asked(id="i")
    plain = codec.call_of(message, ANY)
    message.parameters["triton_enable_empty_final_response"].bool_param = True
    told = codec.call_of(message, ANY)
    read = pb.ModelStreamInferResponse.FromString
    reply = Reply((Part("y", b"1"),))
    assert "triton_final_response" not in read(codec.streamed(plain, reply, ANY, LIMIT)).infer_response.parameters
    one, last = read(codec.streamed(told, reply, ANY, LIMIT)), read(codec.encode_final(told, ANY))
    flags = [each.infer_response.parameters["triton_final_response"].bool_param for each in (one, last)]
    assert (flags, len(last.infer_response.outputs), last.infer_response.id) == ([False, True], 0, "i")


def test_an_error_in_a_stream_has_everything_a_status_has() -> None:
    error = ServiceError(Fault.USER_ERROR, "too dark", executed=Executed.YES, code=4, error_id="ab")
    message = pb.ModelStreamInferResponse.FromString(codec.encode_failure(error, "m", "i"))
    assert (message.error_message, message.infer_response.id) == ("too dark", "i")
    told = {name: value.string_param for name, value in message.infer_response.parameters.items()}
    assert told == {
        "athena-fault": "USER_ERROR",
        "athena-executed": "yes",
        "athena-code": "4",
        "athena-error-id": "ab",
    }


def test_metadata_and_index_are_those_of_the_other_wire() -> None:
    view = ServiceView("m", ANY, Health(False, "starting"), ServiceSettings("m"))
    shown = pb.ModelMetadataResponse.FromString(codec.metadata_message(view))
    assert (shown.name, list(shown.versions), shown.platform, len(shown.inputs)) == ("m", ["2"], "athena", 0)
    rows = pb.RepositoryIndexResponse.FromString(codec.index_message({"m": view}, ANONYMOUS, b"")).models
    assert [(row.name, row.state, row.reason) for row in rows] == [("m", "UNAVAILABLE", "starting")]
    ready = pb.RepositoryIndexRequest(ready=True).SerializeToString()
    assert codec.index_message({"m": view}, ANONYMOUS, ready) == b""
    assert pb.ServerMetadataResponse.FromString(codec.server_message()).name == "athena"
