"""JSON values against the JSON Schema that is declared for them: what does not fit, where, and what was expected."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any, NoReturn

from athena._compat import optional

__all__ = ["faults", "validator", "value_fault", "value_schema"]

SHOWN = 200
"""Characters of a fault's sentence: it may quote the value."""


def validator(schema: object) -> Any:  # Any: the library is loaded when a schema is first met
    """A compiled JSON Schema 2020-12; what it refers to has to be in it, for nothing is fetched.

    Raises:
        ValueError: It is none.
    """
    return optional("jsonschema_rs", "a JSON Schema").Draft202012Validator(schema, retriever=_fetch)


@functools.lru_cache(maxsize=256)
def value_schema(text: str) -> Any:  # Any: as above
    """As ``validator``, from the text a field declares.

    Raises:
        ValueError: It is no JSON Schema, or no JSON.
    """
    return validator(json.loads(text))


def value_fault(compiled: Any, data: bytes | memoryview) -> str:  # Any: as above
    """What is wrong with a JSON value: ``.colour: 1 is not of type "string"``; "" where nothing is."""
    try:
        value = json.loads(bytes(data), parse_constant=_refuse)
        if compiled.is_valid(value):
            return ""
        return next((f"{path and '.' + path}: {said}" for path, said in faults(compiled, value)), "")
    except (ValueError, RecursionError) as error:
        return f": no JSON that can be looked at: {str(error)[:SHOWN]}"


def faults(compiled: Any, document: object) -> Iterator[tuple[str, str]]:  # Any: as above
    """What does not fit: the path, "" for the whole, and a sentence.

    Of a place that may be one of several things, the fault is told of the thing that it comes closest to.
    """
    for error in compiled.iter_errors(document):
        told = _deepest(error)
        said = told.message if len(told.message) <= SHOWN else f"{told.message[:SHOWN]} …"
        yield ".".join(str(step) for step in told.instance_path), said


def _deepest(error: Any) -> Any:  # Any: a ValidationError, of the library that is loaded late
    """``anyOf`` says only that nothing fits: go down the branch that got furthest before it failed."""
    branches = [_deepest(inner) for branch in getattr(error.kind, "context", ()) for inner in branch]
    below = [inner for inner in branches if len(inner.instance_path) > len(error.instance_path)]
    # What another branch forbids altogether says less than what is wrong with it where it may stand.
    return max(below, key=lambda inner: (len(inner.instance_path), inner.kind.name != "not"), default=error)


def _fetch(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not part of the schema, and nothing is fetched")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
