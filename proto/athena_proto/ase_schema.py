"""A description as the ASE schema: ``meta``, ``schemainput``, ``schemaoutput``, as upstream's gateway reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from athena.describe import param_schema
from athena.models import Description, Field, Kind

from .ase_units import NAMES, PLAIN

__all__ = ["BASE64", "ase_schema", "request_schema", "response_schema"]

Schema = dict[str, Any]  # Any: JSON

BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
LOWEST, HIGHEST = -(2**63), 2**64 - 1
SCALAR: Schema = {
    "anyOf": [
        {"type": ["string", "boolean", "null"]},
        {"type": "number", "minimum": LOWEST, "maximum": HIGHEST},
    ]
}
"""What may stand where a name has one value: numbers beyond 64 bits are read differently by different parties."""
NEVER = False
"""The schema of what may not stand there."""
VALUE: Schema = {"type": ["object", "array"]}
"""An embedded JSON value that is not described further."""
STATUS: Schema = {
    "description": "0 begins a stream, 1 continues it, 2 ends it, 3 is all of it.",
    "enum": [0, 1, 2, 3, "0", "1", "2", "3"],
}
_WHOLE = "^[+-]?[0-9]+$"
_POSITIVE = r"^(\+?[0-9]+|-0+)$"
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_WIDE = 25
"""Letters that hold every number a document may carry."""


def ase_schema(name: str, description: Description) -> Schema:
    """One service in the form of upstream's ``schema_*.json``.

    Args:
        name: The service.
        description: What it takes and gives.
    """
    version = f"v{description.version or '1'}"
    return {
        "meta": {
            "serviceId": name,
            "version": version,
            "service": [name],
            "sub": "ase",
            "call": "atmos",
            "call_type": "0",
            "webgate_type": 0,
            "hosts": "",
            "route": f"/v1/private/{name}",
            "routeKey": [],
            name: {"input": _kinds(description.inputs), "accept": _kinds(description.outputs)},
        },
        "schemainput": request_schema(name, description),
        "schemaoutput": response_schema(description),
    }


def _kinds(fields: Iterable[Field]) -> dict[str, dict[str, str]]:
    """What upstream's gateway copies out of a payload; a key that stands for any is nothing it knows."""
    return {
        field.key: {"dataType": NAMES[Kind.OTHER if field.kind is None else field.kind]}
        for field in fields
        if field.key != "*"
    }


def request_schema(name: str, description: Description, value: Schema = VALUE) -> Schema:
    """A whole request document: the header, this service's parameters, a unit per input.

    Args:
        name: The service.
        description: What it takes.
        value: What an embedded JSON value is that nothing is said about.
    """
    required = ["payload"] if any(field.required and field.key != "*" for field in description.inputs) else []
    if any(param.required for param in description.params):
        required.append("parameter")
    schema: Schema = {
        "type": "object",
        "properties": {
            "header": _header(),
            "parameter": _parameter(name, description),
            "payload": _payload(description.inputs, value),
        },
    }
    for each in {"header", "parameter", "payload"} - set(required):
        schema["properties"][each]["type"] = ["object", "null"]
    return {**schema, "required": required} if required else schema


def _header() -> Schema:
    each: Schema = {"anyOf": [{"type": ["string", "boolean"]}, *SCALAR["anyOf"][1:]]}
    told: Schema = {"anyOf": [*SCALAR["anyOf"], {"type": "array", "items": each}]}
    return {
        "description": "About the caller and the call; all of it reaches the wrapper as strings.",
        "type": "object",
        "properties": {
            "app_id": {**told, "description": "The application; appid is an alias."},
            "uid": {**told, "description": "The end user."},
            "request_id": {**told, "description": "The caller's own id of this request."},
            "status": {**STATUS, "enum": [*STATUS["enum"], None]},
            PLAIN: {**told, "description": "Whether the answer's text is to be written as it is."},
        },
        "additionalProperties": told,
    }


def _parameter(name: str, description: Description) -> Schema:
    """This service's parameters; an object among them describes a result that the caller expects."""
    own = param_schema(description)
    expected: Schema = {
        "type": "object",
        "properties": {"data_type": {**SCALAR, "examples": list(NAMES.values())}},
        "additionalProperties": SCALAR,
    }
    # What is not described may have any value; an object tells how a result is wanted, most often one of ours.
    free: Schema = {"anyOf": [expected, *SCALAR["anyOf"]]}
    results = {field.key: free for field in description.outputs if field.key != "*"}
    spoken = {key: _spoken(each) for key, each in own["properties"].items()}
    for key in spoken.keys() - own.get("required", []):
        # null is "not given", and an object under any name is what is wanted of a result.
        spoken[key]["anyOf"] = [*spoken[key]["anyOf"], {"type": "null"}, expected]
    own["properties"] = results | spoken
    own["additionalProperties"] = free
    required = own.pop("required", [])
    foreign = {"type": ["object", "null"], "additionalProperties": free}
    table: Schema = {"type": "object", "properties": {name: own}, "additionalProperties": foreign}
    if required:
        own["required"] = required
        table["required"] = [name]
    else:
        own["type"] = ["object", "null"]
    return table


def _spoken(schema: Schema) -> Schema:
    """A parameter as it may be written: upstream's callers send numbers as strings too, and null for "not given"."""
    about: Schema = {key: schema.pop(key) for key in ("description", "default") if key in schema}
    kind = schema["type"]
    forms: list[Schema] = [schema]
    if kind == "boolean":
        forms.append({"enum": ["true", "false"]})
    elif kind == "integer":
        schema.setdefault("minimum", LOWEST)
        schema.setdefault("maximum", HIGHEST)
        forms += _lettered(schema, _WHOLE)
    elif kind == "number":
        schema.setdefault("minimum", LOWEST)
        schema.setdefault("maximum", HIGHEST)
        forms += _lettered(schema, _NUMBER)
    elif "enum" not in schema and schema.get("minLength", 0) <= 1 and schema.get("maxLength", _WIDE) >= _WIDE:
        forms += [each for each in SCALAR["anyOf"] if each["type"] != ["string", "boolean", "null"]]
        forms.append({"type": "boolean"})
    return {**about, "anyOf": forms}


def _lettered(schema: Schema, pattern: str) -> list[Schema]:
    """The same in letters, where a pattern can say it: without bounds, or not below nothing."""
    low, high = schema.get("minimum", LOWEST), schema.get("maximum", HIGHEST)
    if (low, high) == (LOWEST, HIGHEST):
        return [{"type": "string", "pattern": pattern}]
    if (low, high) == (0, HIGHEST) and pattern == _WHOLE:
        return [{"type": "string", "pattern": _POSITIVE}]
    return []


def _payload(fields: tuple[Field, ...], value: Schema) -> Schema:
    named = {field.key: _unit(field, value) for field in fields if field.key != "*"}
    anything = next((field for field in fields or (Field("*"),) if field.key == "*"), None)
    schema: Schema = {
        "type": "object",
        "properties": named,
        "additionalProperties": False if anything is None else _unit(anything, value),
    }
    required = [field.key for field in fields if field.required and field.key != "*"]
    return {**schema, "required": required} if required else schema


def _unit(field: Field, value: Schema) -> Schema:
    """One unit, or a list of them."""
    one: Schema = {
        "type": "object",
        "properties": {"status": STATUS, "seq": {"type": ["integer", "null"], "minimum": 0, "maximum": 2**63 - 1}},
        "additionalProperties": SCALAR,
    }
    branches = _branches(field, value)
    if len(branches) == 1:
        one["properties"] |= branches[0]["properties"]
        if field.kind is not Kind.OTHER:  # of a unit without content nothing is known, and that is OTHER
            one["required"] = branches[0]["required"]
    else:
        one["properties"] |= {name: {} for branch in branches for name in branch["properties"]}
        one["anyOf"] = branches
    if field.formats:
        one["allOf"] = [_format(list(field.formats))]
    many: Schema = {"type": "array", "items": one}
    if field.required and field.key != "*":
        many["minItems"] = 1
    about = {"description": field.summary} if field.summary else {}
    return {**about, "anyOf": [one, many]}


def _branches(field: Field, value: Schema) -> list[Schema]:
    """The ways to hold the content: at most one content key, and ``plain`` for text that has none."""
    names = list(NAMES.values())
    held = _contents(field, value)
    mine = names if field.kind is None else [NAMES[field.kind]]
    found = []
    for name in mine:
        others = {other: NEVER for other in names if other != name}
        spelt = {name: held[name], **others, **({PLAIN: SCALAR} if PLAIN in held else {})}
        found.append({"properties": spelt, "required": [name]})
    none = dict.fromkeys(names, NEVER)
    if PLAIN in held:
        found.append({"properties": {**none, PLAIN: held[PLAIN]}, "required": [PLAIN]})
    if field.kind is None:
        found.append({"properties": {**none, PLAIN: NEVER}, "required": []})
    return found


def _format(formats: list[str]) -> Schema:
    """One of ``encoding`` and ``format`` names a format that is taken, or neither says anything."""
    silent = {"enum": ["", None]}
    return {
        "anyOf": [
            {"properties": {"encoding": {"enum": formats}}, "required": ["encoding"]},
            {"properties": {"format": {"enum": formats}}, "required": ["format"]},
            {"properties": {"encoding": silent, "format": silent}},
        ]
    }


def _contents(field: Field, value: Schema = VALUE) -> Schema:
    """The keys that may hold the content, and what each holds."""
    binary: Schema = {"type": "string", "contentEncoding": "base64", "pattern": BASE64}
    held: Schema = dict.fromkeys(NAMES.values(), binary)
    held |= {NAMES[kind]: _text(field, binary, value) for kind in (Kind.TEXT, Kind.OTHER)}
    held[PLAIN] = {"type": "string"}
    if field.kind is None:
        return held
    wanted = [NAMES[field.kind], PLAIN] if field.kind is Kind.TEXT else [NAMES[field.kind]]
    return {name: held[name] for name in wanted}


def _text(field: Field, binary: Schema, value: Schema) -> Schema:
    """Base64; or a JSON value as it is, by its own schema where it has one."""
    return {"anyOf": [binary, json.loads(field.schema) if field.schema else value]}


def response_schema(description: Description) -> Schema:
    """The answer to a call."""
    return {
        "type": "object",
        "properties": {
            "header": {
                "type": "object",
                "properties": {
                    "code": {"type": "integer", "description": "0, or what went wrong."},
                    "message": {"type": "string"},
                    "sid": {"type": "string", "description": "The id of the call or session."},
                    "status": {"type": "integer", "enum": [0, 1, 2, 3]},
                    "attributes": {"type": "object", "additionalProperties": {"type": "string"}},
                },
                "required": ["code", "message", "sid"],
            },
            "payload": {
                "type": "object",
                "properties": {field.key: _given(field) for field in description.outputs if field.key != "*"},
            },
        },
        "required": ["header"],
    }


def _given(field: Field) -> Schema:
    """A unit of an answer: its attributes are strings."""
    one: Schema = {
        "properties": {
            **_contents(field),
            "status": {"type": "integer", "enum": [0, 1, 2, 3]},
            "seq": {"type": "integer", "minimum": 0},
        },
    }
    about = {"description": field.summary} if field.summary else {}
    return {**about, "anyOf": [{"type": "object", **one}, {"type": "array", "items": {"type": "object", **one}}]}
