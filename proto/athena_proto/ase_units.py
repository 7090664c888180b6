"""The data units of ASE JSON's payload, there and back: ``{"status": 3, "encoding": "jpg", "image": "<base64>"}``."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import orjson
import pybase64

from athena.errors import Executed, Fault, ServiceError
from athena.models import EMPTY, Kind, Part, Stage

from .ase_styles import Style, typed
from .strict import MAX_DEPTH, base64, inspect, malformed, scalar

__all__ = ["PLAIN", "RESERVED", "decode_unit", "encode_unit", "stage_of"]

KEYS = {"text": Kind.TEXT, "image": Kind.IMAGE, "audio": Kind.AUDIO, "video": Kind.VIDEO, "other": Kind.OTHER}
NAMES = {kind: key for key, kind in KEYS.items()}
PLAIN = "plain"
"""The content key of text that is written as it is; ``text`` is always base64 or an embedded JSON value."""

RESERVED = frozenset({*KEYS, PLAIN, "status", "seq"})
"""Keys of a unit that are no attributes; an attribute of such a name does not travel."""

STAGES = {stage.value: stage for stage in Stage} | {str(stage.value): stage for stage in Stage}
_HINT = 'base64 it, or send it unencoded under the key "plain"'
_SYNTAX = msgspec.json.Decoder(msgspec.Raw)
_EMBEDS = frozenset({Kind.TEXT, Kind.OTHER})
_GZIP = 31  # zlib's window bits for gzip's framing, and for nothing else


def stage_of(value: object, path: str) -> Stage:
    """The stage a ``status`` names: 0, 1, 2 or 3, also as a string.

    Raises:
        ServiceError: BAD_REQUEST.
    """
    if type(value) is int or type(value) is str:  # not isinstance: true is no status, and this runs for every part
        stage = STAGES.get(value)
        if stage is not None:
            return stage
    raise malformed(path, "expected 0 (begin), 1 (continue), 2 (end) or 3 (once)")


def decode_unit(
    key: str,
    unit: Mapping[str, Any],  # Any: an untyped JSON object
    stage: Stage,
    kind: Kind,
    limit: int | None,
    embedded: Callable[[str, int, str, object], bytes] | None = None,
    index: int = 0,
    numbers: set[str] | None = None,
) -> Part:
    """One part out of one unit.

    Args:
        key: The part's key.
        unit: The decoded object.
        stage: The part's stage when the unit has no status.
        kind: The part's kind when the unit has no content.
        limit: Bytes that gzip may unfold to; None leaves it folded.
        embedded: Checks an embedded JSON value, given its place and what it decoded to; gives its text as it was sent.
        index: Which unit of its key this is.
        numbers: Gets the names of the attributes that are whole numbers.

    Raises:
        ServiceError: BAD_REQUEST with the path, TOO_LARGE for what unfolds too far.
    """
    content = literal = _NOTHING
    seq, data = None, b""
    attributes: dict[str, str] = {}
    for name, value in unit.items():
        if name in KEYS:
            if content is not _NOTHING:
                raise malformed(f"payload.{key}", "has two contents; one of text, image, audio, video, other")
            content, kind, found = value, KEYS[name], name
        elif name == "status":
            stage = stage_of(value, f"payload.{key}.status")
        elif name == "seq":
            seq = _seq(value, key)
        elif name == PLAIN:
            literal = value
        elif value is not None:
            attributes[name] = value if type(value) is str else scalar(value, f"payload.{key}.{name}")
            if numbers is not None and type(value) is int:
                numbers.add(name)
    if content is not _NOTHING:
        if literal is not _NOTHING and literal is not None:
            attributes[PLAIN] = scalar(literal, f"payload.{key}.{PLAIN}")
        if isinstance(content, (dict, list)) and embedded is not None and kind in _EMBEDS:
            data = embedded(key, index, found, content)
            attributes["format"] = "json"
        else:
            data = _content(content, attributes, f"payload.{key}.{found}", limit)
    elif literal is not _NOTHING:
        data, kind = _plain(literal, key), Kind.TEXT
    return Part(key, data, kind, stage, seq, attributes or EMPTY)


_NOTHING: object = object()


def _plain(literal: object, key: str) -> bytes:
    if isinstance(literal, str):
        return literal.encode()
    raise malformed(f"payload.{key}.{PLAIN}", "expected a string")


def _seq(value: object, key: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    raise malformed(f"payload.{key}.seq", "expected a whole number from 0 on")


def _content(content: object, attributes: dict[str, str], path: str, limit: int | None) -> bytes:
    """The bytes a content key holds."""
    if isinstance(content, str):
        data = base64(content, path, _HINT if path.endswith(".text") else "")
        if limit is not None and attributes.get("compress") == "gzip":
            attributes["compress"] = "raw"
            return _unfold(data, path, limit)
        return data
    value = ", or a JSON object or array" if KEYS[path.rpartition(".")[2]] in _EMBEDS else ""
    raise malformed(path, f"expected base64{value}")


def _unfold(data: bytes, path: str, limit: int) -> bytes:
    """gzip, one member, and never more than the limit in memory."""
    unfolder = zlib.decompressobj(_GZIP)
    try:
        plain = unfolder.decompress(data, limit + 1)
    except zlib.error:
        raise malformed(path, "compress is gzip, but the content is not") from None
    if len(plain) > limit:
        raise ServiceError(Fault.TOO_LARGE, f"{path}: unfolds to more than {limit} bytes")
    if not unfolder.eof or unfolder.unused_data:
        raise malformed(path, "its gzip is cut short or followed by something else")
    return plain


def encode_unit(
    part: Part, *, plain: bool = False, embed: bool = True, style: Style | None = None
) -> dict[str, object]:
    """One unit out of one part, ready for orjson.

    Args:
        part: The part.
        plain: Write UTF-8 text as it is, under the key ``plain``.
        embed: Write the value itself where ``format`` is ``json`` and the bytes are JSON (but no JSON string, which a
            reader could not tell from base64).
        style: How the client wants it.
    """
    if style is not None and style.folded:
        part = style.fold(part)
    given = part.attributes
    unit: dict[str, object] = {}
    if given:
        unit.update(given)
        if not unit.keys().isdisjoint(RESERVED):
            unit = {name: value for name, value in unit.items() if name not in RESERVED}
        if embed:  # what a server writes
            typed(unit, given, style)
    unit["status"] = part.stage.value
    if part.seq is not None:
        unit["seq"] = part.seq
    folded = given.get("compress") == "gzip"
    if embed and not folded and given.get("format") == "json" and _is_value(part.data):
        unit[NAMES[part.kind]] = orjson.Fragment(bytes(part.data))
    elif plain and not folded and part.kind is Kind.TEXT and (text := _text(part)) is not None:
        unit[PLAIN] = text
    else:
        unit[NAMES[part.kind]] = pybase64.b64encode_as_string(part.data)
    return unit


def _text(part: Part) -> str | None:
    try:
        return str(part.data, "utf-8")
    except UnicodeDecodeError:
        return None


def _is_value(data: bytes | memoryview) -> bool:
    """Whether the bytes are a JSON value that is not a string, fit to stand in a document of ours."""
    raw = bytes(data)
    if raw.lstrip()[:1] in (b'"', b""):
        return False
    try:
        if not raw.isascii():
            raw.decode()
        if b"\\u" in raw:  # lone surrogates are found only by decoding
            msgspec.json.decode(raw)
        else:
            _SYNTAX.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def check_value(content: object, path: str) -> int:
    """Inspect an embedded value, three levels down in its document; gives the number of its members."""
    return inspect(content, path, MAX_DEPTH - 3)


def not_json(error: TypeError) -> ServiceError:
    """What a reply is whose strings JSON cannot hold (lone surrogates)."""
    return ServiceError(Fault.USER_ERROR, f"the reply does not fit into JSON: {error}", executed=Executed.YES)
