"""Requests made from a description: good ones to begin with, and bad ones of every sort it rules out."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator

from athena.models import Description, Field, Kind, Param, Part, Request

__all__ = ["bad_requests", "junk_requests", "made_up"]

JUNK = b"\x00\xff\xfe junk \x80\x81"


def png(width: int = 32, height: int = 32) -> bytes:
    """A white picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\x00" + b"\xff" * (3 * width)) * height
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def wav() -> bytes:
    """A tenth of a second of silence, 16 kHz mono."""
    data = bytes(3200)
    form = struct.pack("<HHIIHH", 1, 1, 16000, 32000, 2, 16)
    inner = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def made_up(description: Description) -> Request:
    """A request that the description allows; what cannot be made up (a video, a JSON schema), an author gives."""
    parts = tuple(_part(field) for field in description.inputs if field.required or len(description.inputs) == 1)
    params = {param.key: _value(param) for param in description.params if param.required}
    return Request("", parts=parts, params=params)


def bad_requests(description: Description, good: Request) -> Iterator[tuple[str, Request]]:
    """Each thing the description rules out, done to a good request; with the words for it."""
    for field in description.inputs:
        if field.required and field.key != "*":
            parts = tuple(part for part in good.parts if part.key != field.key)
            yield f"without {field.key}", _with(good, parts)
        if field.kind is not None and good.get(field.key) is not None:
            other = Kind.VIDEO if field.kind is not Kind.VIDEO else Kind.AUDIO
            parts = tuple(
                Part(part.key, part.data, other, part.stage, part.seq, part.attributes)
                if part.key == field.key
                else part
                for part in good.parts
            )
            yield f"{field.key} as {other.name}", _with(good, parts)
    for param in description.params:
        for value in _wrong(param):
            yield f"{param.key}={value!r}", _with(good, good.parts, {**good.params, param.key: value})


def junk_requests(description: Description, good: Request) -> Iterator[tuple[str, Request]]:
    """Inputs that are described and make no sense: junk, and nothing at all."""
    for field in description.inputs:
        if field.key == "*":
            continue
        kind = Kind.OTHER if field.kind is None else field.kind
        others = tuple(part for part in good.parts if part.key != field.key)
        for name, data in (("junk", JUNK), ("nothing", b""), ("half of it", _half(good, field))):
            yield f"{field.key} is {name}", _with(good, (*others, Part(field.key, data, kind)))


def _half(good: Request, field: Field) -> bytes:
    part = good.get(field.key)
    return b"" if part is None else part.tobytes()[: len(part.data) // 2]


def _with(good: Request, parts: tuple[Part, ...], params: dict[str, str] | None = None) -> Request:
    return Request("", parts=parts, params=dict(good.params) if params is None else params)


def _part(field: Field) -> Part:
    key = "data" if field.key == "*" else field.key
    if field.schema or "json" in field.formats:
        return Part.from_json(key, {})
    if field.dtype:
        shape = [1 if size < 0 else size for size in field.shape]
        count = 1
        for size in shape:
            count *= size
        attributes = {"dtype": field.dtype, "shape": "x".join(map(str, shape))}
        return Part(key, bytes(count * int(field.dtype.lstrip("<>=|")[1:] or "1")), Kind.OTHER, attributes=attributes)
    kind = Kind.OTHER if field.kind is None else field.kind
    data = {Kind.TEXT: b"hello", Kind.IMAGE: png(), Kind.AUDIO: wav()}.get(kind, bytes(16))
    attributes = {"encoding": "png"} if kind is Kind.IMAGE and "png" in field.formats else {}
    return Part(key, data, kind, attributes=attributes)


def _value(param: Param) -> str:
    if param.default is not None:
        return param.default
    if param.choices:
        return param.choices[0]
    if param.type == "boolean":
        return "true"
    low = 0 if param.minimum is None else param.minimum
    if param.type == "string":
        return "x" * max(1, int(low))
    return json.dumps(int(low) if param.type == "integer" else low)


def _wrong(param: Param) -> Iterator[str]:
    if param.type in ("integer", "number", "boolean"):
        yield "certainly-not"
    if param.choices:
        yield "none-of-them"
    if param.type in ("integer", "number"):
        if param.minimum is not None:
            yield str(int(param.minimum) - 1)
        if param.maximum is not None:
            yield str(int(param.maximum) + 1)
    elif param.type == "string" and param.maximum is not None:
        yield "x" * (int(param.maximum) + 1)
