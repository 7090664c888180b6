"""What is sent: the same bytes to Athena and to the bare server beside it."""

from __future__ import annotations

import contextlib
import json
import random
from struct import Struct

import pybase64
from google.protobuf.message import DecodeError

from athena_proto import inference_pb2 as messages

SERVICE = "echo"
KEY = "data"
GRPC_PREFIX = Struct("!BI")
"""Compressed or not, and the length: what stands before a message of gRPC."""


def block(size: int) -> bytes:
    """Bytes that look like data, the same in every run."""
    return random.Random(size).randbytes(size)


def ase(data: bytes) -> bytes:
    """One call in ASE JSON, the data in base64."""
    unit = {"status": 3, "other": pybase64.b64encode(data).decode()}
    return json.dumps({"header": {"app_id": "bench", "status": 3}, "payload": {KEY: unit}}).encode()


def ase_data(document: bytes) -> bytes:
    """The data of a reply in ASE JSON, or of a call that came back as it was."""
    return pybase64.b64decode(json.loads(document)["payload"][KEY]["other"], validate=True)


def oip(data: bytes) -> bytes:
    """One call of the Open Inference Protocol in JSON: the data as whole numbers of 32 bits."""
    values = Struct(f"<{len(data) // 4}i").unpack(data)
    tensor = {"name": KEY, "shape": [len(values)], "datatype": "INT32", "data": values}
    return json.dumps({"inputs": [tensor]}).encode()


def oip_data(document: bytes) -> bytes:
    """The data of an answer of that protocol, or of a call that came back as it was."""
    shown = json.loads(document)
    values = shown.get("outputs", shown.get("inputs"))[0]["data"]
    return Struct(f"<{len(values)}i").pack(*values)


def oip_binary(data: bytes) -> tuple[bytes, int]:
    """One call of that protocol with its data behind the JSON, and how many bytes are JSON."""
    size = {"binary_data_size": len(data)}
    tensor = {"name": KEY, "shape": [len(data)], "datatype": "UINT8", "parameters": size}
    text = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
    return text + data, len(text)


def native(data: bytes) -> bytes:
    """One call in Athena's own message."""
    return messages.Request(service=SERVICE, parts=[messages.Part(key=KEY, data=data)]).SerializeToString()


def native_data(message: bytes) -> bytes:
    """The data of a reply, or of a call that came back as it was (an echo of bytes answers with the call)."""
    for kind in (messages.Reply, messages.Request):
        # The one is rarely a good message when read as the other.
        with contextlib.suppress(DecodeError):
            if parts := kind.FromString(message).parts:
                return parts[0].data
    raise ValueError("a reply without parts")


def framed(message: bytes) -> bytes:
    """A message as gRPC sends it."""
    return GRPC_PREFIX.pack(0, len(message)) + message
