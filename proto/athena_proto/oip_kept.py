"""Documents of the Open Inference Protocol whose like was read or written before: only the numbers in them are new.

Most clients send one tensor of numbers, and the same around it every time. What stands around it is kept, as bytes,
with what the general way made of it: the same bytes mean the same. The numbers between are decoded and checked as ever.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

import msgspec
import orjson

from athena.models import Description, Kind, Part, Reply, Request, Stage

from .oip_calls import Call, Caller, called
from .oip_datatypes import Datatype, datatype_of
from .oip_tensors import Tensor, sizes_of

__all__ = ["keep_infer", "kept_infer", "kept_outputs"]

_MANY = 256
"""Documents of each direction that are kept."""
_LONG = 1024
"""Bytes around the numbers of one that is kept."""
_DATA = b'"data":'
_END = b"}]}"
_DECODERS: dict[type, msgspec.json.Decoder[list[int]] | msgspec.json.Decoder[list[float]]] = {
    int: msgspec.json.Decoder(list[int]),
    float: msgspec.json.Decoder(list[float]),
}


class _Asked(NamedTuple):
    """A request, without its numbers: what follows them, their type and how many they are, and the call."""

    after: bytes
    datatype: Datatype
    length: int
    call: Call
    description: Description


_asked: dict[tuple[str, bytes], _Asked] = {}


def kept_infer(body: bytes, service: str, description: Description, caller: Caller | None = None) -> Call | None:
    """The call that a request is; None where the general way has to look, or to say what is wrong.

    Args:
        body: A request that is JSON alone.
        service: Whom it is for.
        description: What that service takes.
        caller: Who calls; None where that is added later.

    Raises:
        ServiceError: BAD_REQUEST, for a number that the datatype cannot hold.
    """
    begins = _begin(body)
    known = _asked.get((service, body[:begins])) if begins else None
    if known is None or known.description is not description or not body.endswith(known.after):
        return None
    try:
        values = _DECODERS[known.datatype.element].decode(body[begins : len(body) - len(known.after)])
    except ValueError:
        return None
    if len(values) != known.length:
        return None
    call = known.call
    bare, (part,) = call.request, call.request.parts
    data = known.datatype.pack(values, f"inputs.{part.key}.data")
    full = Part(part.key, data, part.kind, part.stage, None, part.attributes)
    if caller is None or call.options.timeout is not None or bare.headers:
        request = Request(service, "", (full,), bare.params, bare.headers, bare.expect)
        made = Call(request, call.id, call.options, call.outputs)
        return made if caller is None else called(made, *caller)
    principal, headers, deadline = caller
    request = Request(service, "", (full,), bare.params, headers, bare.expect, deadline, principal)
    return Call(request, call.id, call.options, call.outputs)


def keep_infer(body: bytes, data: bytes, tensor: Tensor, call: Call, description: Description) -> None:
    """Keep what the general way made of a request.

    Args:
        body: The request.
        data: The text of its only tensor's elements, as it stands there.
        tensor: That tensor.
        call: The call.
        description: What the service takes.
    """
    begins = _begin(body)
    after = body[begins + len(data) :]
    if not begins or tensor.datatype.element not in _DECODERS or len(body) - len(data) > _LONG:
        return
    # The first "data": may be a key that the protocol does not know, or stand in a string.
    if body[begins : begins + len(data)] != data or len(call.request.parts) != 1:
        return
    if len(_asked) >= _MANY:
        _asked.clear()
    bare, (part,) = call.request, call.request.parts
    # Without the numbers: they may be many, and they are somebody's.
    empty = Part(part.key, b"", part.kind, part.stage, None, part.attributes)
    request = Request(bare.service, "", (empty,), bare.params, bare.headers, bare.expect)
    call = Call(request, call.id, call.options, call.outputs)
    count = len(tensor.elements[0]) // tensor.datatype.size
    _asked[call.request.service, body[:begins]] = _Asked(after, tensor.datatype, count, call, description)


def kept_outputs(call: Call, reply: Reply, service: str, version: str) -> bytes | None:
    """The answer that a reply is; None where it is more than one tensor of numbers, or the call wants more of it."""
    if len(reply.parts) != 1 or reply.attributes or call.id or call.outputs or call.options.binary:
        return None
    part = reply.parts[0]
    about = part.attributes
    if len(about) != 2 or part.kind is not Kind.OTHER or part.stage is not Stage.ONCE or part.seq is not None:
        return None
    around = _around(service, version, part.key, about.get("dtype", ""), about.get("shape", ""))
    if around is None or around[2] != len(part.data):
        return None
    before, datatype, _ = around
    return b"".join((before, orjson.dumps(datatype.unpack(part.data)), _END))


@lru_cache(_MANY)
def _around(service: str, version: str, key: str, dtype: str, shape: str) -> tuple[bytes, Datatype, int] | None:
    """What stands before the numbers of an answer, their type, and how many bytes they are."""
    datatype, sizes = datatype_of(dtype), sizes_of(shape)
    if datatype is None or datatype.dtype != dtype or datatype.name == "BF16" or not key or sizes is None:
        return None
    shown = {"name": key, "datatype": datatype.name, "shape": sizes, "data": []}
    text = orjson.dumps({"model_name": service, "model_version": version, "outputs": [shown]})
    return text.removesuffix(b"[]" + _END), datatype, prod(sizes) * datatype.size


def _begin(body: bytes) -> int:
    """Where the first ``data`` of a request begins; 0 where there is none."""
    at = body.find(_DATA)
    if at < 0:
        return 0
    at += len(_DATA)
    return at + 1 if body[at : at + 1] == b" " else at
