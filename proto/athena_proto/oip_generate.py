"""The generate extension of the Open Inference Protocol: plain JSON values where an inference has tensors."""

from __future__ import annotations

from itertools import chain
from typing import Any, NamedTuple

import orjson
import pybase64

from athena.errors import Executed, Fault, ServiceError
from athena.models import Description, Field, Kind, Part, Reply, Request

from .oip_answers import listed
from .oip_calls import Call, Options, options_of
from .oip_catalogue import version_of
from .oip_datatypes import BYTES, Datatype, datatype_of
from .oip_tensors import Tensor, checked, parts_of, tensors_of
from .strict import base64, loads, malformed, scalar

__all__ = ["Generate", "decode_generate", "encode_generate"]

TEXT_IN, TEXT_OUT = "text_input", "text_output"
_AXES = 16


class Generate(NamedTuple):
    """A decoded call; ``renamed`` when its text came as ``text_input``, which the service calls otherwise."""

    call: Call
    renamed: bool


def decode_generate(body: bytes, service: str, description: Description, limit: int) -> Generate:
    """One request.

    Args:
        body: The whole body.
        service: Whom it is for.
        description: What that service takes.
        limit: Bytes that a message may have.

    Raises:
        ServiceError: BAD_REQUEST with the path, TOO_LARGE.
    """
    if len(body) > limit:
        raise ServiceError(Fault.TOO_LARGE, f"the body has {len(body)} bytes; at most {limit} are taken")
    document = loads(body)
    if not isinstance(document, dict):
        raise malformed("body", "expected an object")
    id, options = _id(document.pop("id", None)), _options(document.pop("parameters", None))
    declared = {one.key: one for one in description.inputs}
    params = dict(options.params)
    parts: list[Part] = []
    renamed = False
    for name, value in document.items():
        field = declared.get(name)
        if field is None and name == TEXT_IN:
            field = _text_of(description)
            renamed = True
        if field is not None:
            parts += _parts(field, name, value)
        elif value is not None:
            params[name] = scalar(value, name)
    headers = {"x-priority": options.priority} if options.priority else {}
    return Generate(Call(Request(service, "", tuple(parts), params, headers), id, options), renamed)


def _id(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    raise malformed("id", "expected a string")


def _options(parameters: object) -> Options:
    if parameters is not None and not isinstance(parameters, dict):
        raise malformed("parameters", "expected an object")
    options = options_of(parameters)
    if options.sequence is not None:
        raise malformed("parameters.sequence_id", "sequences are for infer")
    return options


def _text_of(description: Description) -> Field:
    """The input that ``text_input`` is: the first declared text, else one of that name where anything is taken."""
    for one in description.inputs:
        if one.kind is Kind.TEXT and one.key != "*":
            return one
    if not description.inputs or any(one.key == "*" for one in description.inputs):
        return Field(TEXT_IN, Kind.TEXT)
    raise malformed(TEXT_IN, f"no input is text; there are: {', '.join(one.key for one in description.inputs)}")


def _parts(field: Field, path: str, value: object) -> list[Part]:
    """An input's parts: numbers for a tensor, a value for JSON, strings for text, base64 for everything else."""
    kind = datatype_of(field.dtype) if field.dtype else None
    if kind is not None:
        shape, values = _flat(value, path)
        _, count = checked(field.key, kind.name, shape)
        if len(values) != count or not all(isinstance(one, (int, float)) for one in values):
            raise malformed(path, f"expected {kind.name}, nested as its shape is")
        return parts_of(Tensor(field.key, kind, shape, [_packed(kind, values, path)]), {field.key: field})
    if "json" in field.formats:
        told = {"encoding": "utf8", "format": "json"}
        return [Part(field.key, orjson.dumps(value), Kind.TEXT, attributes=told)]
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in values):
        raise malformed(path, "expected a string, or an array of strings")
    text = field.kind is Kind.TEXT
    elements = [one.encode() if text else base64(one, path) for one in values]
    return parts_of(Tensor(field.key, BYTES, (len(elements),), elements), {field.key: field})


def _packed(kind: Datatype, values: list[Any], path: str) -> bytes:
    if not kind.code:
        raise malformed(path, f"{kind.name} has no JSON; send it with infer, as binary data")
    return kind.pack(values, path)


def _flat(value: object, path: str) -> tuple[tuple[int, ...], list[Any]]:  # Any: numbers, which is looked at later
    """The shape of nested arrays, by the first of each, and all that is in them; a number alone is one element."""
    if not isinstance(value, list):
        return (1,), [value]
    shape: list[int] = []
    values: list[Any] = value  # Any: as above
    level = [value]
    while True:
        shape.append(len(level[0]))
        if any(len(row) != shape[-1] for row in level) or len(shape) > _AXES:
            raise malformed(path, f"rows of different lengths, or more than {_AXES} of them nested")
        values = list(chain.from_iterable(level))
        if not values or not isinstance(values[0], list):
            return tuple(shape), values
        if not all(isinstance(one, list) for one in values):
            raise malformed(path, "numbers beside arrays")
        level = values


def encode_generate(asked: Generate, reply: Reply, service: str, description: Description, limit: int) -> bytes:
    """One answer: every output under its key; the first text as ``text_output`` where the client said ``text_input``.

    Raises:
        ServiceError: TOO_LARGE; USER_ERROR for parts that are not what they say.
    """
    shown: dict[str, object] = {}
    first = ""
    kinds = {part.key: part for part in reversed(reply.parts)}
    for tensor in tensors_of(reply.parts, description):
        part = kinds[tensor.name]
        if tensor.datatype is BYTES:
            found = [_value(part, bytes(element)) for element in tensor.elements]
        else:
            found = listed(tensor)
        shown[tensor.name] = found[0] if len(found) == 1 else found
        if part.kind is Kind.TEXT and not first:
            first = tensor.name
    if asked.renamed and first and TEXT_OUT not in shown:
        shown = {TEXT_OUT if name == first else name: value for name, value in shown.items()}
    shown |= {"model_name": service, "model_version": version_of(description)}
    if asked.call.id:
        shown["id"] = asked.call.id
    body = orjson.dumps(shown)
    if len(body) > limit:
        text = f"the reply has {len(body)} bytes; at most {limit} are sent"
        raise ServiceError(Fault.TOO_LARGE, text, executed=Executed.YES)
    return body


def _value(part: Part, data: bytes) -> object:
    """What a part's bytes are in JSON."""
    if part.kind is not Kind.TEXT:
        return pybase64.b64encode(data).decode()
    try:
        return orjson.loads(data) if part.attributes.get("format") == "json" else str(data, "utf-8")
    except ValueError:  # orjson.JSONDecodeError and UnicodeDecodeError are
        text = f"outputs.{part.key}: not the text or the JSON it is said to be"
        raise ServiceError(Fault.USER_ERROR, text, executed=Executed.YES) from None
