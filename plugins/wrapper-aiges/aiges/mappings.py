"""Which fields a wrapper's class has: parameters, inputs and outputs, told apart by what they are, never by name."""

from __future__ import annotations

from typing import Any

from .fields import Field, ParamField, PayloadField

__all__ = ["fields_in", "mappings_of"]


def fields_in(holder: object) -> dict[str, Field]:
    """The fields among an object's attributes, inherited ones too, in the order in which they were written."""
    if holder is None:
        return {}
    cls = holder if isinstance(holder, type) else type(holder)
    found: dict[str, Any] = {}  # Any: most attributes are no fields
    for each in reversed(cls.__mro__):
        found.update(vars(each))
    if not isinstance(holder, type):
        found.update(getattr(holder, "__dict__", {}))
    return {name: value for name, value in found.items() if isinstance(value, Field)}


def mappings_of(cls: type) -> dict[str, Any]:  # Any: fields, and class attributes as they are
    """A wrapper class's ``__mappings__``; one without ``requestCls`` has empty ones."""
    asked = fields_in(getattr(cls, "requestCls", None))
    given = fields_in(getattr(cls, "responseCls", None))
    return {
        "params": {name: field for name, field in asked.items() if isinstance(field, ParamField)},
        "inputs": {name: field for name, field in asked.items() if isinstance(field, PayloadField)},
        "accepts": given,
        **{name: getattr(cls, name) for name in ("call", "sub", "route", "call_type") if hasattr(cls, name)},
    }
