"""Forms: a multipart/form-data upload is a call; its files are the parts, its other fields the parameters."""

from __future__ import annotations

from athena.errors import Fault, ServiceError
from athena.models import Description, Kind, Part
from athena_proto.multipart import Field, boundary_of, fields_of
from athena_proto.strict import loads, utf8

from .answers import JSON
from .media import part_of

__all__ = ["FORM", "form_of"]

FORM = "multipart/form-data"


def form_of(
    body: bytes, content_type: str, params: dict[str, str], description: Description | None, limit: int
) -> tuple[Part, ...]:
    """The parts of a form; its other fields are put into ``params``.

    Raises:
        ServiceError: BAD_REQUEST with the field, TOO_LARGE.
    """
    fields = fields_of(body, boundary_of(content_type))
    if (size := sum(len(field.data) for field in fields)) > limit:
        raise ServiceError(Fault.TOO_LARGE, f"the form has {size} bytes; at most {limit} are taken")
    parts = []
    for field in fields:
        if field.file:
            parts.append(_part(field, description))
        elif field.name in params:
            raise ServiceError(Fault.BAD_REQUEST, f"form: the parameter {field.name} stands there twice")
        else:
            params[field.name] = utf8(field.data, f"form: {field.name}")
    return tuple(parts)


def _part(field: Field, description: Description | None) -> Part:
    """A file, by its type; a JSON document is checked here, and stays as it was sent."""
    if field.content_type.partition(";")[0].strip().lower() == JSON:
        loads(bytes(field.data))
        return Part(field.name, field.data, Kind.TEXT, attributes={"encoding": "utf8", "format": "json"})
    return part_of(field.content_type, field.name, field.data, description)
