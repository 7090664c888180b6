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
