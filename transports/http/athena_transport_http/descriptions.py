"""A description as JSON, there and back; ``/v1/services`` shows it and the channel reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import asdict

from athena.errors import Executed, Fault, ServiceError
from athena.models import Description, Field, Kind, Param

__all__ = ["described", "description_of"]


def described(description: Description) -> dict[str, object]:
    """A description as plain values; kinds by name."""
    shown = asdict(description)
    shown["operations"] = sorted(description.operations)
    for side in ("inputs", "outputs"):
        for field, original in zip(shown[side], getattr(description, side), strict=True):
            field["kind"] = None if original.kind is None else original.kind.name
    return shown


def description_of(shown: object) -> Description:
    """The description that :func:`described` showed.

    Raises:
        ServiceError: INTERNAL: the other side shows something else.
    """
    try:
        if not isinstance(shown, Mapping):
            raise TypeError("not an object")
        return Description(
            str(shown["version"]),
            str(shown["summary"]),
            tuple(_field(each) for each in shown["inputs"]),
            tuple(_field(each) for each in shown["outputs"]),
            tuple(Param(**{**each, "choices": tuple(each["choices"])}) for each in shown["params"]),
            frozenset(shown["operations"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        text = "the server describes its service in a way that is not understood"
        raise ServiceError(Fault.INTERNAL, text, executed=Executed.NO) from error


def _field(shown: Mapping[str, Any]) -> Field:  # Any: untyped JSON, and Field's own constructor names what is wrong
    kind = shown["kind"]
    return Field(
        **{
            **shown,
            "kind": None if kind is None else Kind[kind],
            "formats": tuple(shown["formats"]),
            "shape": tuple(shown["shape"]),
        }
    )
