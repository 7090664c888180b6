"""multipart/form-data, strictly: what browsers and curl send, and nothing that two readers could read two ways."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from athena.errors import Fault, ServiceError

from .strict import malformed, utf8

__all__ = ["MAX_FIELDS", "Field", "boundary_of", "fields_of"]

MAX_FIELDS = 1024
"""Of one form; an ASE document has as many parts."""
MAX_HEADERS = 4096
"""Bytes of one field's own headers."""
MAX_NAME = 1024
LARGE = 64 * 1024
"""From here on a field's data are a view of the body, not a copy."""
_BOUNDARY = re.compile(r"[A-Za-z0-9'()+_,\-./:=? ]{0,69}[A-Za-z0-9'()+_,\-./:=?]")
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_QUOTED = r'"(?:[^"\\\r\n\x00]|\\["\\])*"'
_OPTION = re.compile(rf"[ \t]*;[ \t]*({_TOKEN})=({_TOKEN}|{_QUOTED})")
_HEADER = re.compile(rf"({_TOKEN}):[ \t]*([^\r\n\x00]*?)[ \t]*")
_USUAL = "text/plain"  # what a field is that says nothing, and what some clients write at every field
_IDENTITY = frozenset({"7bit", "8bit", "binary"})


class Field(msgspec.Struct, frozen=True, gc=False):
    """One field of a form.

    Attributes:
        name: Its name.
        file: Whether it is a file: it has a file's name (which is nobody's business), or a type other than text.
        content_type: Its type, "" where it has none.
        data: Its bytes.
    """

    name: str
    file: bool
    content_type: str
    data: bytes | memoryview


def boundary_of(content_type: str) -> bytes:
    """The boundary in a Content-Type.

    Raises:
        ServiceError: BAD_REQUEST, when there is none, or none that is one.
    """
    _, semicolon, rest = content_type.partition(";")
    options = _options(semicolon + rest, "Content-Type")
    boundary = options.get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise malformed("Content-Type", "multipart/form-data needs a boundary of 1 to 70 letters")
    return boundary.encode()


def fields_of(body: bytes, boundary: bytes) -> tuple[Field, ...]:
    """The fields of a form, in their order.

    Raises:
        ServiceError: BAD_REQUEST, with the number of the field; TOO_LARGE for a flood of them.
    """
    found = []
    for number, (begin, end) in enumerate(_spans(body, boundary), 1):
        if number > MAX_FIELDS:
            raise ServiceError(Fault.TOO_LARGE, f"the form has more than {MAX_FIELDS} fields")
        found.append(_field(body, begin, end, f"form field {number}"))
    return tuple(found)


def _spans(body: bytes, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Where each field begins and ends, headers included; lines end in CRLF, and nothing stands around the form."""
    mark = b"--" + boundary
    if not body.startswith(mark):
        raise malformed("body", "a form begins with its boundary")
    at = len(mark)
    between = b"\r\n" + mark
    while body[at : at + 2] == b"\r\n":
        begin = at + 2
        end = body.find(between, at)  # an empty field's line break is the boundary's own
        if end < 0:
            raise malformed("body", "the form is cut short: its last boundary is missing")
        yield begin, max(begin, end)
        at = end + len(between)
    if body[at : at + 2] != b"--":
        raise malformed("body", f"byte {at}: behind a boundary stands a line break, or -- and the end")
    if body[at + 2 :] not in (b"", b"\r\n"):
        raise malformed("body", f"byte {at + 2}: something stands behind the form's end")


def _field(body: bytes, begin: int, end: int, where: str) -> Field:
    cut = body.find(b"\r\n\r\n", begin, min(end, begin + MAX_HEADERS))
    if cut < 0:
        raise malformed(where, f"no end of its headers within {MAX_HEADERS} bytes")
    headers = _headers(body[begin:cut], where)
    disposition = headers.get("content-disposition", "")
    kind, semicolon, rest = disposition.partition(";")
    if kind.strip().lower() != "form-data":
        raise malformed(where, "expected Content-Disposition: form-data")
    options = _options(semicolon + rest, where)
    name = options.get("name", "")
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise malformed(where, f"expected a name of 1 to {MAX_NAME} printable letters")
    if headers.get("content-transfer-encoding", "binary").lower() not in _IDENTITY:
        raise malformed(where, "Content-Transfer-Encoding: send the bytes as they are")
    data = body[cut + 4 : end] if end - cut < LARGE else memoryview(body)[cut + 4 : end]
    content_type = headers.get("content-type", "")
    typed = content_type.partition(";")[0].strip().lower() not in ("", _USUAL)
    return Field(name, typed or "filename" in options or "filename*" in options, content_type, data)


def _headers(block: bytes, where: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in utf8(block, where).split("\r\n"):
        found = _HEADER.fullmatch(line)
        if found is None:
            raise malformed(where, f"not a header: {line[:64]!r}")
        name = found[1].lower()
        if name in headers:
            raise malformed(where, f"the header {name} stands there twice")
        headers[name] = found[2]
    return headers


def _options(text: str, where: str) -> dict[str, str]:
    """``; name="value"`` and so on, each once."""
    options: dict[str, str] = {}
    at = 0
    while at < len(text):
        found = _OPTION.match(text, at)
        if found is None:
            raise malformed(where, f"not an option of a header: {text[at : at + 64]!r}")
        name, value = found[1].lower(), found[2]
        if name in options:
            raise malformed(where, f"the option {name} stands there twice")
        options[name] = re.sub(r'\\(["\\])', r"\1", value[1:-1]) if value.startswith('"') else value
        at = found.end()
    return options
