"""Content types and parts: what a part is by its bytes' type, and the type of a part's bytes."""

from __future__ import annotations

from collections.abc import Mapping

from athena.errors import Fault, ServiceError
from athena.models import Description, Kind, Part
from athena_proto.strict import utf8

from .answers import JSON
from .front import Refused

__all__ = ["BYTES", "KINDS", "part_of", "type_of"]

KINDS = {"image": Kind.IMAGE, "audio": Kind.AUDIO, "video": Kind.VIDEO}
BYTES = "application/octet-stream"
_SHORT = {"jpeg": "jpg", "svg+xml": "svg", "mpeg": "mp3", "x-wav": "wav", "wave": "wav"}
_LONG = {"jpg": "jpeg", "svg": "svg+xml", "mp3": "mpeg"}


def part_of(content_type: str, key: str, body: bytes | memoryview, description: Description | None) -> Part:
    """One part's bytes by their type: named by ``key``, else as the service's first input, else ``data``.

    Raises:
        ServiceError: BAD_REQUEST, for text that is not UTF-8.
        Refused: 415, for text that says so itself.
    """
    kind, _, options = content_type.partition(";")
    family, _, form = kind.strip().lower().partition("/")
    inputs = description.inputs if description is not None else ()
    if not key:
        key = inputs[0].key if inputs and inputs[0].key != "*" else "data"
    if family == "text":
        if "charset=" in options.lower() and "utf-8" not in options.lower() and "utf8" not in options.lower():
            raise Refused(415, ServiceError(Fault.BAD_REQUEST, "Content-Type: text is UTF-8, nothing else"))
        utf8(body, "body")
        return Part(key, body, Kind.TEXT, attributes={"encoding": "utf8"})
    if family in KINDS:
        return Part(key, body, KINDS[family], attributes={"encoding": _SHORT.get(form, form)})
    declared = next((field.kind for field in inputs if field.key == key), None)
    return Part(key, body, Kind.OTHER if declared is None else declared)


def type_of(kind: Kind, attributes: Mapping[str, str]) -> str:
    """The Content-Type of a part's bytes."""
    if kind is Kind.TEXT:
        return JSON if attributes.get("format") == "json" else "text/plain; charset=utf-8"
    form = attributes.get("encoding", "")
    if kind is Kind.OTHER or not form.isalnum() or not form.isascii():
        return BYTES
    return f"{kind.name.lower()}/{_LONG.get(form, form)}"
