"""A request that fits a description, small enough to read: what pages and documents show first."""

from __future__ import annotations

import json
from typing import Any

from athena.models import Description, Field, Kind

from .ase_units import NAMES, PLAIN

__all__ = ["example_request"]

SAMPLES: dict[Kind, tuple[str, str]] = {
    Kind.IMAGE: (
        "png",
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsGmJYgAAAABJRU5ErkJggg==",
    ),
    Kind.AUDIO: ("raw", "AAAAAAAAAAA="),
    Kind.VIDEO: ("mp4", "AAAAGGZ0eXBtcDQyAAAAAG1wNDJpc29t"),
    Kind.OTHER: ("", "AAECAw=="),
}
"""What a unit of each kind says of itself, and a few bytes of it in base64: a picture of one grey pixel, silence, …"""


def example_request(name: str, description: Description) -> dict[str, Any]:  # Any: JSON
    """An ASE document for a service, with what it requires and every default.

    Args:
        name: The service.
        description: What it takes.
    """
    document: dict[str, Any] = {"header": {"app_id": "demo", "status": 3}}
    params = {
        param.key: _given(param.type, param.default, param.choices, param.minimum)
        for param in description.params
        if param.required or param.default is not None
    }
    if params:
        document["parameter"] = {name: params}
    fields = description.inputs or (Field("data"),)
    shown = [field for field in fields if field.required or field.key == "*"]
    document["payload"] = {"data" if field.key == "*" else field.key: _unit(field) for field in shown}
    return document


def _unit(field: Field) -> dict[str, object]:
    if field.kind is Kind.TEXT or field.kind is None:
        if field.formats == ("json",):
            return {"format": "json", NAMES[Kind.TEXT]: _value(json.loads(field.schema) if field.schema else {})}
        about = {"encoding": field.formats[0]} if field.formats else {}
        return {**about, PLAIN: "hello", "status": 3}
    encoding, content = SAMPLES[field.kind]
    if field.formats:
        encoding = encoding if encoding in field.formats else field.formats[0]
    about = {"encoding": encoding} if encoding else {}
    return {**about, NAMES[field.kind]: content, "status": 3}


def _value(schema: dict[str, Any]) -> object:  # Any: JSON
    """A value by its schema, as far as types and defaults go; objects carry what they require."""
    for name in ("default", "const"):
        if name in schema:
            return schema[name]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        fields = schema.get("properties", {})
        return {key: _value(fields.get(key, {})) for key in schema.get("required", [])}
    if kind == "array":
        return [_value(schema.get("items", {}))] * schema.get("minItems", 0)
    return {"string": "text", "integer": 1, "number": 1.5, "boolean": True}.get(kind)


def _given(kind: str, default: str | None, choices: tuple[str, ...], minimum: float | None) -> object:
    if kind == "string":
        return default if default is not None else choices[0] if choices else "text"
    if default is not None:
        return json.loads(default)
    return True if kind == "boolean" else int(minimum or 0)
