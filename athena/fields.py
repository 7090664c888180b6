"""What a wrapper takes and gives, in an author's words: ``inputs = [fields.image("data")]``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from .models import Field, Kind, Param

__all__ = [
    "anything",
    "audio",
    "boolean",
    "image",
    "integer",
    "json_value",
    "number",
    "string",
    "tensor",
    "text",
    "video",
]


def text(key: str, *, required: bool = True, formats: Sequence[str] = (), summary: str = "") -> Field:
    """Text in UTF-8."""
    return Field(key, Kind.TEXT, required, tuple(formats), summary=summary)


def json_value(
    key: str, *, schema: Mapping[str, object] | None = None, required: bool = True, summary: str = ""
) -> Field:
    """A JSON value; wires that speak JSON embed it as it is. ``schema`` is JSON Schema 2020-12."""
    return Field(key, Kind.TEXT, required, ("json",), json.dumps(schema) if schema else "", summary=summary)


def image(key: str, *, required: bool = True, formats: Sequence[str] = (), summary: str = "") -> Field:
    """An image file's bytes; ``formats`` such as ``jpg``, ``png``."""
    return Field(key, Kind.IMAGE, required, tuple(formats), summary=summary)


def audio(key: str, *, required: bool = True, formats: Sequence[str] = (), summary: str = "") -> Field:
    """Audio; rate, channels and depth travel in the part's attributes."""
    return Field(key, Kind.AUDIO, required, tuple(formats), summary=summary)


def video(key: str, *, required: bool = True, formats: Sequence[str] = (), summary: str = "") -> Field:
    """Video."""
    return Field(key, Kind.VIDEO, required, tuple(formats), summary=summary)


def tensor(key: str, dtype: str, shape: Sequence[int], *, required: bool = True, summary: str = "") -> Field:
    """A numeric array: numpy's type string, and its shape with -1 for a free axis; a free first axis counts items."""
    sizes = tuple(shape)
    return Field(key, Kind.OTHER, required, (), "", dtype, sizes, bool(sizes) and sizes[0] == -1, summary)


def anything(key: str = "*", *, required: bool = False, summary: str = "") -> Field:
    """Bytes of any kind; the key ``*`` takes every part."""
    return Field(key, None, required, summary=summary)


def string(
    key: str,
    *,
    default: str | None = None,
    required: bool = False,
    choices: Sequence[str] = (),
    min_length: int | None = None,
    max_length: int | None = None,
    summary: str = "",
) -> Param:
    """A string parameter."""
    return Param(key, "string", required, default, min_length, max_length, tuple(choices), summary)


def integer(
    key: str,
    *,
    default: int | None = None,
    required: bool = False,
    minimum: int | None = None,
    maximum: int | None = None,
    summary: str = "",
) -> Param:
    """A whole number."""
    return Param(key, "integer", required, None if default is None else str(default), minimum, maximum, (), summary)


def number(
    key: str,
    *,
    default: float | None = None,
    required: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
    summary: str = "",
) -> Param:
    """A number."""
    return Param(key, "number", required, None if default is None else repr(default), minimum, maximum, (), summary)


def boolean(key: str, *, default: bool | None = None, required: bool = False, summary: str = "") -> Param:
    """``true`` or ``false``."""
    given = None if default is None else str(default).lower()
    return Param(key, "boolean", required, given, None, None, (), summary)
