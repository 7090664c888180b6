"""A description as JSON Schema 2020-12: one schema for parameters, one per input and output."""

from __future__ import annotations

import json
from typing import Any

from athena.models import Description, Field, Kind, Param

__all__ = ["input_schema", "json_schema", "output_schema", "param_schema"]

Schema = dict[str, Any]  # Any: JSON

_NUMPY = {"f": "number", "i": "integer", "u": "integer", "b": "boolean"}


def json_schema(name: str, description: Description) -> Schema:
    """A service as one JSON Schema 2020-12: what goes in, the parameters, what comes out.

    Args:
        name: The service.
        description: What it takes and gives.
    """
    schema: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "type": "object",
        "properties": {
            "inputs": input_schema(description),
            "params": param_schema(description),
            "outputs": output_schema(description),
        },
        "required": ["inputs"],
    }
    return {**schema, "description": description.summary} if description.summary else schema


def param_schema(description: Description) -> Schema:
    """The parameters as one object; others are allowed, as the check allows them."""
    properties = {param.key: _param(param) for param in description.params}
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": True}
    required = [param.key for param in description.params if param.required]
    if required:
        schema["required"] = required
    return schema


def input_schema(description: Description) -> Schema:
    """The inputs as one object of values: a described JSON value by its own schema, bytes as base64."""
    return _fields(description.inputs, closed=bool(description.inputs))


def output_schema(description: Description) -> Schema:
    """The outputs, as ``input_schema``."""
    return _fields(description.outputs, closed=False)


def _fields(fields: tuple[Field, ...], *, closed: bool) -> Schema:
    named = {field.key: _field(field) for field in fields if field.key != "*"}
    open_ended = not closed or any(field.key == "*" for field in fields)
    schema: Schema = {"type": "object", "properties": named, "additionalProperties": open_ended}
    required = [field.key for field in fields if field.required and field.key != "*"]
    if required:
        schema["required"] = required
    return schema


def _field(field: Field) -> Schema:
    if field.schema:
        schema: Schema = json.loads(field.schema)
    elif field.formats == ("json",):
        schema = {}
    elif field.dtype:
        schema = {"type": "array", "items": {"type": _NUMPY.get(field.dtype.lstrip("<>=|")[:1], "number")}}
    elif field.kind is Kind.TEXT:
        schema = {"type": "string"}
    else:
        schema = {"type": "string", "contentEncoding": "base64"}
    return {"description": field.summary, **schema} if field.summary else schema


def _param(param: Param) -> Schema:
    schema: Schema = {"type": param.type}
    if param.choices:
        schema["enum"] = list(param.choices)
    length = param.type == "string"
    if param.minimum is not None:
        schema["minLength" if length else "minimum"] = int(param.minimum) if length else param.minimum
    if param.maximum is not None:
        schema["maxLength" if length else "maximum"] = int(param.maximum) if length else param.maximum
    if param.default is not None:
        schema["default"] = param.default if length else json.loads(param.default)
    if param.summary:
        schema["description"] = param.summary
    return schema
