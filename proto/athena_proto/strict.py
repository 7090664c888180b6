"""The one place where untrusted JSON, base64 and UTF-8 are decoded; what is malformed is BAD_REQUEST.

Python's own decoders accept junk (NaN, duplicate keys, lone surrogates, base64 with holes) or fall over (a thousand
nested brackets). Decoding is done by C code; what C code leaves unchecked is counted, not parsed, wherever counting is
enough: an object tree with as many members as its text has colons cannot have lost a duplicate key.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

import msgspec
import pybase64

from athena.errors import Fault, ServiceError

__all__ = ["MAX_DEPTH", "base64", "decode", "inspect", "loads", "malformed", "scalar", "unique", "utf8"]

T = TypeVar("T")

MAX_DEPTH = 64
"""Levels of nesting a message may have."""

_SMALL = 16 * 1024
_COLONS = 4096
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_SPACES = b" \t\r\n"
_LOWEST, _HIGHEST = -(2**63), 2**64 - 1
_ANY = msgspec.json.Decoder()


def malformed(path: str, text: str) -> ServiceError:
    """A refusal of a message: where, and what is wrong there."""
    return ServiceError(Fault.BAD_REQUEST, f"{path}: {text}")


def decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Decode a whole JSON document with a typed decoder.

    What is left to the caller: :func:`inspect` on the values it takes untyped, and :func:`unique` with the sum.

    Args:
        decoder: A msgspec decoder.
        body: The document.

    Raises:
        ServiceError: BAD_REQUEST, with the byte or the path of the fault.
    """
    try:
        return decoder.decode(body)
    except UnicodeDecodeError:
        utf8(body, "body")
        raise malformed("body", "not UTF-8") from None
    except msgspec.DecodeError as error:  # msgspec.ValidationError is one of these
        utf8(body, "body")  # what is no text at all is told before what is wrong in it
        raise malformed("body", _sentence(str(error))) from None
    except RecursionError:
        raise malformed("body", f"nested deeper than {MAX_DEPTH} levels") from None


def loads(body: bytes) -> Any:  # Any: that is what untyped JSON is
    """A whole JSON document, untyped and strict.

    Raises:
        ServiceError: BAD_REQUEST, with the byte or the path of the fault.
    """
    value = decode(_ANY, body)
    unique(body, inspect(value, "body"))
    return value


def inspect(value: object, path: str, depth: int = MAX_DEPTH) -> int:
    """Check the decoded values that no type has checked, and count the members of all objects among them.

    Args:
        value: What the decoder gave.
        path: Where it stands, for the sentence.
        depth: Levels it may have.

    Returns:
        The number of members, to be summed for :func:`unique`.

    Raises:
        ServiceError: BAD_REQUEST, for too deep nesting and integers beyond 64 bits.
    """
    members = 0
    level = [value]
    for _ in range(depth + 1):
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                members += len(item)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif type(item) is int and not _LOWEST <= item <= _HIGHEST:
                raise malformed(path, "an integer beyond 64 bits; send it as a string")
        if not below:
            return members
        level = below
    raise malformed(path, f"nested deeper than {MAX_DEPTH} levels")


def unique(body: bytes, members: int) -> None:
    """Refuse a document in which an object has a key twice.

    Args:
        body: The document; it has been decoded, so it is valid JSON.
        members: The members of all its objects together, as decoded (there, of two equal keys one is lost).

    Raises:
        ServiceError: BAD_REQUEST, naming the key.
    """
    if len(body) < _SMALL and body.count(b":") == members:
        return
    if _members(body) != members:
        _refuse_duplicates(body)


def _members(body: bytes) -> int:
    """The members of a valid document: colons that follow a key's closing quote; -1 where that is not plain to see."""
    found = 0
    at = body.find(b":")
    for _ in range(_COLONS):
        if at < 0:
            return found
        before = body[at - 1]
        if before == 0x22:
            if body[at - 2] == 0x5C:  # \": inside a string, or \\": after a key that ends in a backslash
                return -1
            found += 1
        elif before in _SPACES:
            return -1
        at = body.find(b":", at + 1)
    return -1


class _Twice(Exception):
    """A key stands twice in one object."""


def _pairs(pairs: list[tuple[str, object]]) -> None:
    seen = set()
    for key, _ in pairs:
        if key in seen:
            raise _Twice(key)
        seen.add(key)


def _number(_: str) -> int:
    return 0


def _refuse_duplicates(body: bytes) -> None:
    """The exact and slow way; only the keys matter, numbers are not even converted."""
    try:
        json.loads(utf8(body, "body"), object_pairs_hook=_pairs, parse_int=_number, parse_float=_number)
    except _Twice as twice:
        raise malformed("body", f"the key {str(twice)[:64]!r} stands twice in one object") from None
    except RecursionError:
        raise malformed("body", f"nested deeper than {MAX_DEPTH} levels") from None


def _sentence(text: str) -> str:
    """msgspec's words, with our way of writing a path."""
    return text.replace(" - at `$", " at `").replace("`.", "`").replace("``", "the top")


def base64(text: str | bytes, path: str, hint: str = "") -> bytes:
    """Standard base64, padded, without line breaks or anything else between.

    Args:
        text: What the client sent.
        path: Where it stands.
        hint: What would do instead, put behind the reason.

    Raises:
        ServiceError: BAD_REQUEST, with the place of the first wrong character.
    """
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError:  # binascii.Error is one; a str with non-ASCII letters is the other
        raw = text.encode("utf-8", "replace") if isinstance(text, str) else bytes(text)
        wrong = _NOT_BASE64.search(raw.rstrip(b"="))
        reason = f"not base64 at byte {wrong.start()}" if wrong else "not base64: its length or padding is wrong"
        raise malformed(path, f"{reason}; {hint}" if hint else reason) from None


def utf8(data: bytes | memoryview, path: str) -> str:
    """Text in UTF-8.

    Raises:
        ServiceError: BAD_REQUEST, with the place of the first wrong byte.
    """
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError as error:
        raise malformed(path, f"not UTF-8 at byte {error.start}") from None


def scalar(value: object, path: str) -> str:
    """A JSON scalar as the string it travels as: numbers in their shortest form, ``true`` and ``false``.

    Raises:
        ServiceError: BAD_REQUEST, for null, arrays, objects and numbers beyond 64 bits.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if not _LOWEST <= value <= _HIGHEST:
            raise malformed(path, "an integer beyond 64 bits; send it as a string")
        return str(value)
    if isinstance(value, float):
        if not _LOWEST <= value <= _HIGHEST:  # such a float is a whole number, however it is written
            raise malformed(path, "a number beyond 64 bits; send it as a string")
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    raise malformed(path, f"expected a string, number, true or false; got {_NAMES.get(type(value), 'null')}")


_NAMES: dict[type, str] = {dict: "an object", list: "an array"}
