"""What a wrapper's fields say of it, as a description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from aiges.fields import NumberParamField, ParamField, PayloadField, StringParamField
from athena import fields
from athena.models import Description, Field, Kind, Param

__all__ = ["described", "kinds_of"]

_NAMES = {0: "text", 1: "audio", 2: "image", 3: "video"}


def described(owner: Any, strict: bool) -> Description:  # Any: an upstream wrapper
    """Its description. Nothing is refused by it unless ``strict``: upstream's loader checks no request."""
    mappings: Mapping[str, Mapping[str, Any]] = getattr(owner, "__mappings__", {})
    params = tuple(_param(field, strict) for field in mappings.get("params", {}).values())
    inputs = [_field(field) for field in mappings.get("inputs", {}).values()]
    outputs = [_field(field) for field in mappings.get("accepts", {}).values() if isinstance(field, PayloadField)]
    # What a wrapper may answer with it need not answer with each time.
    outputs = [attrs.evolve(field, required=False) for field in outputs]
    if not strict:
        inputs = [attrs.evolve(field, kind=None, required=False) for field in inputs]
        inputs += [fields.anything()] if inputs else []
        outputs += [fields.anything()] if outputs else []
    version, service = getattr(owner, "version", ""), getattr(owner, "serviceId", "")
    return Description(_text(version), _text(service), tuple(inputs), tuple(outputs), params)


def kinds_of(owner: Any) -> dict[str, int]:  # Any: as above
    """The kinds its inputs declare, for parts that come with none."""
    inputs = getattr(owner, "__mappings__", {}).get("inputs", {})
    return {field.key: field.data_type for field in inputs.values()}


def _field(field: PayloadField) -> Field:
    kind = Kind(field.data_type)
    summary = field.description or field.title or _NAMES.get(field.data_type, "")
    return Field(field.key, kind, summary=_text(summary))


def _param(field: ParamField, strict: bool) -> Param:
    default = None if field.value in ("", b"", None) or field.required else _text(field.value)
    summary = _text(field.description or field.title)
    choices = tuple(_text(each) for each in field.enums)
    if not strict:
        said = f"one of: {', '.join(choices)}" if choices else ""
        return Param(field.key, default=default, summary="; ".join(filter(None, (summary, said))))
    low: float | None = None
    high: float | None = None
    if isinstance(field, StringParamField):
        low, high = field.minLength, field.maxLength
    elif isinstance(field, NumberParamField):
        low, high = field.minimum, field.maximum
    return Param(field.key, field.data_type, bool(field.required), default, low, high, choices, summary)


def _text(value: Any) -> str:  # Any: whatever the author wrote
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
