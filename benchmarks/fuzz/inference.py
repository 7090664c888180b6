"""The Open Inference Protocol's inputs: JSON, JSON with tensors behind it, ``generate``, and gRPC's messages."""

from __future__ import annotations

import json
import struct

from athena import fields
from athena.models import Description, Kind, Part, Reply
from athena_proto import oip_pb2
from athena_proto.oip import decode_infer, encode_infer
from athena_proto.oip_generate import decode_generate, encode_generate
from athena_proto.oip_messages import call_of, encode_reply, parse_infer

__all__ = ["binaries", "documents", "generate", "generates", "infer", "infer_binary", "message", "messages"]

LIMIT = 64 * 1024
DESCRIPTION = Description("1", "", (fields.anything(required=False),), (fields.anything(),))
WRITES = Description("1", "", (fields.text("prompt"),), (fields.text("answer"),))
REPLY = Reply((Part("out", struct.pack("<3f", 1, 2, 3), Kind.OTHER, attributes={"dtype": "<f4", "shape": "3"}),))


def documents() -> tuple[bytes, ...]:
    """Requests with their data in the JSON."""
    numbers = {"name": "a", "datatype": "FP32", "shape": [2, 2], "data": [[1, 2.5], [3, 4]]}
    words = {"name": "b", "datatype": "BYTES", "shape": [2], "data": ["ü", "x"], "parameters": {"content_type": "str"}}
    whole = {"datatype": "INT64", "name": "c", "shape": [1], "data": [2**62]}
    flags = {"datatype": "BOOL", "name": "d", "shape": [2], "data": [True, False]}
    asked = [
        {"id": "1", "inputs": [numbers]},
        {"inputs": [words, whole, flags], "outputs": [{"name": "out", "parameters": {"binary_data": True}}]},
        {"inputs": [numbers], "parameters": {"sequence_id": 7, "sequence_start": True, "priority": 1, "timeout": 100}},
        {"inputs": []},
    ]
    return tuple(json.dumps(each).encode() for each in asked)


def binaries() -> tuple[bytes, ...]:
    """Requests with tensors behind the JSON, and a zero between them."""
    made = []
    words = b"".join(struct.pack("<I", len(word)) + word for word in (b"one", b"", b"three"))
    for datatype, shape, data in (
        ("FP32", [2], struct.pack("<2f", 1, 2)),
        ("BYTES", [3], words),
        ("UINT8", [4], b"abcd"),
    ):
        tensor = {"name": "a", "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": len(data)}}
        text = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
        made.append(text + b"\0" + data)
    return tuple(made)


def generates() -> tuple[bytes, ...]:
    """Requests of ``generate``."""
    asked = ({"text_input": "grüße"}, {"prompt": "x", "parameters": {"stream": True, "top": 3}, "id": "1"})
    return tuple(json.dumps(each).encode() for each in asked)


def messages() -> tuple[bytes, ...]:
    """ModelInferRequest messages, with contents and with raw ones."""
    one = oip_pb2.ModelInferRequest(model_name="talk", id="1")
    tensor = one.inputs.add(name="a", datatype="FP32", shape=[2])
    tensor.contents.fp32_contents.extend([1.0, 2.0])
    one.parameters["sequence_id"].int64_param = 7
    raw = oip_pb2.ModelInferRequest(model_name="talk", raw_input_contents=[b"\x01\0\0\0x", b"abcd"])
    raw.inputs.add(name="a", datatype="BYTES", shape=[1])
    raw.inputs.add(name="b", datatype="UINT8", shape=[4])
    raw.outputs.add(name="out")
    return (one.SerializeToString(), raw.SerializeToString())


def infer(data: bytes) -> None:
    """A body that is JSON alone."""
    call = decode_infer(data, None, "talk", DESCRIPTION, LIMIT)
    encode_infer(call, REPLY, "talk", DESCRIPTION, LIMIT)


def infer_binary(data: bytes) -> None:
    """A body whose JSON ends where a zero stands; over HTTP the header Inference-Header-Content-Length says where."""
    text, _, tail = data.partition(b"\0")
    call = decode_infer(text + tail, len(text), "talk", DESCRIPTION, LIMIT)
    encode_infer(call, REPLY, "talk", DESCRIPTION, LIMIT)


def generate(data: bytes) -> None:
    """A body of ``generate``."""
    asked = decode_generate(data, "talk", WRITES, LIMIT)
    encode_generate(asked, Reply((Part.from_text("answer", "x"),)), "talk", WRITES, LIMIT)


def message(data: bytes) -> None:
    """A message of the gRPC service."""
    call = call_of(parse_infer(data, LIMIT), DESCRIPTION)
    encode_reply(call, REPLY, DESCRIPTION, LIMIT)
