"""The few messages of other people's protocols, written by hand: their modules would clash with ours."""

from __future__ import annotations


def varint(number: int) -> bytes:
    """A number as protobuf writes it."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def field(number: int, value: bytes | str | int) -> bytes:
    """A field: a number, or bytes, text and messages with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def model_infer(model: str, data: bytes) -> bytes:
    """A ``ModelInferRequest`` of the Open Inference Protocol with one tensor of one item of bytes."""
    tensor = field(1, "data") + field(2, "BYTES") + field(3, varint(1)) + field(5, field(8, data))
    return field(1, model) + field(5, tensor)


def user_defined(text: str) -> bytes:
    """The message with a name that Ray Serve brings along."""
    return field(1, text)


def once_exec(tag: str, data: bytes) -> bytes:
    """A call of upstream's SDK."""
    node = field(1, "data") + field(2, len(data)) + field(4, 3) + field(6, data)
    return field(1, tag) + field(3, node)
