"""A reply against a description, for authors: an answer that its own declaration does not allow is found at once."""

from __future__ import annotations

from collections.abc import Iterator

from athena.errors import Executed, Fault, ServiceError
from athena.models import Description, Field, Part, Reply, Stage

from .check import format_fault
from .values import value_fault, value_schema

__all__ = ["judge_reply"]


def judge_reply(description: Description, reply: Reply, *, whole: bool) -> None:
    """Compare what a wrapper answers with what it declares; without declared outputs everything fits.

    Args:
        whole: Whether it is all of the answer, so that what is required has to be in it.

    Raises:
        ServiceError: USER_ERROR, with every path that does not fit.
    """
    wrong = "; ".join(_faults(description, reply, whole))
    if wrong:
        text = f"the answer is not what the wrapper declares: {wrong}"
        raise ServiceError(Fault.USER_ERROR, text, executed=Executed.YES)


def _faults(description: Description, reply: Reply, whole: bool) -> Iterator[str]:
    declared = {field.key: field for field in description.outputs}
    if not declared:
        return
    for part in reply.parts:
        field = declared.get(part.key) or declared.get("*")
        if field is not None:
            fault = _fault(field, part)
        else:
            fault = f"unknown; it declares: {', '.join(sorted(declared))}" if part.key else ""
        if fault:
            yield f"payload.{part.key}: {fault}"
        elif field is not None and (fault := _value_fault(field, part)):
            yield f"payload.{part.key}{fault}"
    if whole:
        given = {part.key for part in reply.parts}
        missing = [field.key for field in description.outputs if field.required and field.key not in {*given, "*"}]
        yield from (f"payload.{key}: missing" for key in missing)


def _fault(field: Field, part: Part) -> str:
    if field.kind is not None and part.kind is not field.kind:
        return f"expected {field.kind.name.lower()}, got {part.kind.name.lower()}"
    dtype = part.attributes.get("dtype")
    if field.dtype and dtype and dtype != field.dtype:
        return f"expected dtype {field.dtype}, got {dtype}"
    return format_fault(field, part)


def _value_fault(field: Field, part: Part) -> str:
    """What is wrong with a JSON value that comes whole."""
    if not field.schema or part.stage is not Stage.ONCE:
        return ""
    try:
        return value_fault(value_schema(field.schema), part.data)
    except ValueError as error:
        return f": its declared JSON Schema is none: {str(error).partition(chr(10))[0]}"
