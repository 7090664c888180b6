"""Requests of the Open Inference Protocol over REST: JSON, and behind it the data of the tensors that send them binary.

A tensor's ``data`` are decoded by a typed decoder, straight from their text: a million numbers cost no million checks.
"""

from __future__ import annotations

from itertools import chain
from math import prod
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from athena.errors import Fault, ServiceError
from athena.models import EMPTY, Description

from .oip_calls import Call, Caller, called, made, options_of, told_of, wanted_of
from .oip_datatypes import BYTES, Buffer, Datatype, datatype_of
from .oip_documents import INFER, Document, Input, Parameters
from .oip_kept import keep_infer, kept_infer
from .oip_tensors import Tensor, checked, resolved, unframed
from .strict import decode, inspect, malformed, unique, utf8

__all__ = ["decode_infer"]

_SAID: dict[tuple[type, int], msgspec.json.Decoder[Any]] = {}  # Any: nested lists of whatever a datatype holds


def decode_infer(
    body: bytes,
    header: int | None,
    service: str,
    description: Description,
    limit: int,
    caller: Caller | None = None,
) -> Call:
    """One request for an inference.

    Args:
        body: The whole body.
        header: How many bytes of it are JSON, or None; 0 for the bytes of the only input, and no JSON at all.
        service: Whom it is for.
        description: What that service takes.
        limit: Bytes that a message may have.
        caller: Who calls; None where that is added later.

    Raises:
        ServiceError: BAD_REQUEST with the path, TOO_LARGE, UNSUPPORTED.
    """
    if header is None and len(body) <= limit:
        kept = kept_infer(body, service, description, caller)
        if kept is not None:
            return kept
    call = _decoded(body, header, service, description, limit)
    return call if caller is None else called(call, *caller)


def _decoded(body: bytes, header: int | None, service: str, description: Description, limit: int) -> Call:
    if len(body) > limit:
        raise ServiceError(Fault.TOO_LARGE, f"the body has {len(body)} bytes; at most {limit} are taken")
    if header == 0:
        return made(service, description, [_only(body, description)], options_of({"binary_data_output": True}))
    if header is not None and header > len(body):
        raise malformed("Inference-Header-Content-Length", f"{header}, but the body has {len(body)} bytes")
    text = body if header is None else body[:header]
    asked = decode(INFER, text)
    unique(text, _members(asked))
    rest = _NOTHING if header is None else _Rest(memoryview(body), header)
    tensors = [_tensor(one, rest) for one in asked.inputs]
    rest.finish()
    outputs = asked.outputs
    wanted = tuple([wanted_of(one.name, _there(one.parameters)) for one in outputs]) if outputs else ()
    call = made(service, description, tensors, options_of(_there(asked.parameters)), wanted, asked.id or "")
    if header is None and len(tensors) == 1 and not isinstance(asked.inputs[0].data, UnsetType):
        keep_infer(body, bytes(asked.inputs[0].data), tensors[0], call, description)
    return call


def _there(parameters: Parameters) -> dict[str, Any] | None:  # Any: as above
    return None if isinstance(parameters, UnsetType) else parameters


def _members(asked: Document) -> int:
    """The members of all objects that were understood; with others among them they are counted the slow way."""
    found = 1
    for value in (asked.id, asked.parameters, asked.outputs):
        found += value is not UNSET
    if asked.parameters:
        found += inspect(asked.parameters, "parameters")
    for one in asked.inputs:
        found += 3 + (one.parameters is not UNSET) + (one.data is not UNSET)
        if one.parameters:
            found += inspect(one.parameters, f"inputs.{one.name}.parameters")
    for wanted in asked.outputs or ():
        found += 1 + (wanted.parameters is not UNSET)
        if wanted.parameters:
            found += inspect(wanted.parameters, f"outputs.{wanted.name}.parameters")
    return found


class _Rest:
    """The binary data behind the JSON, handed out in the order of the tensors."""

    def __init__(self, data: memoryview, at: int) -> None:
        self._data = data
        self._at = at

    def take(self, size: object, name: str) -> memoryview:
        """The next tensor's."""
        left = len(self._data) - self._at
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= left:
            path = f"inputs.{name}.parameters.binary_data_size"
            raise malformed(path, f"expected a number of bytes; behind the JSON there are {left} more")
        self._at += size
        return self._data[self._at - size : self._at]

    def finish(self) -> None:
        """Nobody's bytes are refused."""
        if self._at != len(self._data):
            left = len(self._data) - self._at
            raise malformed("body", f"{left} bytes behind the JSON that no tensor's binary_data_size counts")


_NOTHING = _Rest(memoryview(b""), 0)


def _tensor(one: Input, rest: _Rest) -> Tensor:
    shape = tuple(one.shape)
    kind, count = checked(one.name, one.datatype, shape)
    parameters = _there(one.parameters)
    told = told_of(parameters, f"inputs.{one.name}.parameters") if parameters else EMPTY
    if parameters and "binary_data_size" in parameters:
        if one.data is not UNSET:
            raise malformed(f"inputs.{one.name}", "both data and binary_data_size; send one of them")
        data = rest.take(parameters["binary_data_size"], one.name)
        return Tensor(one.name, kind, shape, _binary(one.name, kind, count, data), told)
    if isinstance(one.data, UnsetType):
        raise malformed(f"inputs.{one.name}", "neither data nor binary_data_size")
    return Tensor(one.name, kind, shape, _listed(one.name, kind, shape, count, one.data), told)


def _binary(name: str, kind: Datatype, count: int, data: memoryview) -> list[Buffer]:
    if kind is BYTES:
        return unframed(name, data, count)
    if len(data) != count * kind.size:
        raise malformed(
            f"inputs.{name}", f"{len(data)} bytes; {count} elements of {kind.name} have {count * kind.size}"
        )
    return [data]


def _only(body: bytes, description: Description) -> Tensor:
    """A body that is one tensor's bytes: the only input, whose declaration says all that JSON would."""
    fields = [one for one in description.inputs if one.key != "*"]
    if len(fields) != 1:
        raise malformed("Inference-Header-Content-Length", "0 is for services with exactly one declared input")
    one = fields[0]
    kind = datatype_of(one.dtype) if one.dtype else None
    if kind is None:
        return Tensor(one.key, BYTES, (1,), [body])
    shape = resolved(one.shape, len(body) // kind.size)
    return Tensor(one.key, kind, shape, _binary(one.key, kind, prod(shape), memoryview(body)))


def _listed(name: str, kind: Datatype, shape: tuple[int, ...], count: int, data: msgspec.Raw) -> list[Buffer]:
    """The elements of ``data``, flat or nested as the shape is."""
    path = f"inputs.{name}.data"
    if kind.name == "BF16":
        raise malformed(path, "BF16 has no JSON; send it as binary data")
    values: list[Any]  # Any: what the datatype's decoder gives
    try:
        values = _decoder(kind, 1).decode(data)
    except msgspec.ValidationError as error:
        if len(shape) < 2:
            raise _unlike(data, path, f"expected {kind.name}: {error}") from None
        values = _flattened(kind, shape, data, path)
    except ValueError as error:  # msgspec.DecodeError and UnicodeDecodeError are
        raise _unlike(data, path, str(error)) from None
    if len(values) != count:
        raise malformed(path, f"{len(values)} elements; the shape {list(shape)} has {count}")
    if kind is BYTES:
        return [value.encode() for value in values]
    return [kind.pack(values, path)]


def _flattened(kind: Datatype, shape: tuple[int, ...], data: msgspec.Raw, path: str) -> list[Any]:
    try:
        values: list[Any] = _decoder(kind, len(shape)).decode(data)
    except ValueError as error:
        raise _unlike(data, path, f"expected {kind.name}, flat or nested as the shape is: {error}") from None
    if len(values) != shape[0]:
        raise malformed(path, f"{len(values)} rows; the shape {list(shape)} has {shape[0]}")
    for size in shape[1:]:
        if any(len(row) != size for row in values):
            raise malformed(path, f"a row that has not the {size} elements of the shape {list(shape)}")
        values = list(chain.from_iterable(values))
    return values


def _unlike(data: msgspec.Raw, path: str, words: str) -> ServiceError:
    """The refusal of elements: what is no text at all is told before what is wrong in it, and in our words."""
    utf8(bytes(data), path)
    return malformed(path, words)


def _decoder(kind: Datatype, depth: int) -> msgspec.json.Decoder[Any]:  # Any: as above
    found = _SAID.get((kind.element, depth))
    if found is None:
        # Any: a type made of data. True and 1 both stand for a BOOL.
        of: Any = bool | int if kind.element is bool else kind.element
        for _ in range(depth):
            of = list[of]
        found = _SAID[kind.element, depth] = msgspec.json.Decoder(of)
    return found
