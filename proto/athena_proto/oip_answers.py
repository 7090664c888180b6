"""Answers of the Open Inference Protocol over REST: JSON, and behind it the binary data that were asked for so."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from athena.errors import Executed, Fault, ServiceError
from athena.models import Description, Reply, lasting

from .oip_calls import Call, chosen
from .oip_datatypes import BYTES, Buffer
from .oip_kept import kept_outputs
from .oip_tensors import Tensor, framed

__all__ = ["Infer", "encode_error", "encode_infer", "listed"]


class Infer(NamedTuple):
    """An answer.

    Attributes:
        text: The JSON.
        tail: The binary data behind it.
    """

    text: bytes
    tail: tuple[Buffer, ...] = ()

    @property
    def header(self) -> int | None:
        """How many bytes are JSON; None when all are."""
        return len(self.text) if self.tail else None

    @property
    def body(self) -> bytes:
        """All of it."""
        return b"".join((self.text, *self.tail))


def encode_infer(call: Call, reply: Reply, service: str, description: Description, limit: int) -> Infer:
    """The answer to a call.

    Raises:
        ServiceError: TOO_LARGE; BAD_REQUEST for bytes wanted as JSON; USER_ERROR for parts that are no tensors.
    """
    version = description.version or "1"
    kept = kept_outputs(call, reply, service, version)
    if kept is not None:
        return _bounded(Infer(kept), limit)
    flags = {one.name: one.binary for one in call.outputs}
    outputs: list[object] = []
    tail: list[Buffer] = []
    for tensor in chosen(call, reply, description):
        flag = flags.get(tensor.name)
        binary = call.options.binary if flag is None else flag
        outputs.append(_output(tensor, tail if binary else None))
    document: dict[str, object] = {"model_name": service, "model_version": version}
    if call.id:
        document["id"] = call.id
    if reply.attributes:
        document["parameters"] = dict(reply.attributes)
    document["outputs"] = outputs
    text = orjson.dumps(document)
    return _bounded(Infer(text, tuple(tail)), limit)


def _bounded(made: Infer, limit: int) -> Infer:
    size = len(made.text) + sum([len(data) for data in made.tail])
    if size > limit:
        sentence = f"the reply has {size} bytes; at most {limit} are sent"
        raise ServiceError(Fault.TOO_LARGE, sentence, executed=Executed.YES)
    return made


def _output(tensor: Tensor, tail: list[Buffer] | None) -> dict[str, object]:
    told: dict[str, object] = dict(tensor.parameters)
    shown: dict[str, object] = {"name": tensor.name, "datatype": tensor.datatype.name, "shape": tensor.shape}
    if tail is None:
        if told:
            shown["parameters"] = told
        shown["data"] = listed(tensor)
        return shown
    data = framed(tensor.elements) if tensor.datatype is BYTES else lasting(tensor.elements[0])
    tail.append(data)
    told["binary_data_size"] = len(data)
    shown["parameters"] = told
    return shown


def listed(tensor: Tensor) -> list[object]:
    """The elements as JSON has them; what is no number there (NaN, infinity) is null.

    Raises:
        ServiceError: BAD_REQUEST, executed: they are not text, or BF16.
    """
    path = f"outputs.{tensor.name}"
    hint = "ask for it with binary_data"
    if tensor.datatype.name == "BF16":
        raise ServiceError(Fault.BAD_REQUEST, f"{path}: BF16 has no JSON; {hint}", executed=Executed.YES)
    if tensor.datatype is not BYTES:
        return tensor.datatype.unpack(tensor.elements[0])
    try:
        return [str(element, "utf-8") for element in tensor.elements]
    except UnicodeDecodeError:
        raise ServiceError(Fault.BAD_REQUEST, f"{path}: not text; {hint}", executed=Executed.YES) from None


def encode_error(error: ServiceError) -> bytes:
    """An error's body; the rest of it stands in the headers."""
    return orjson.dumps({"error": error.message})
