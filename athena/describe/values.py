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
        path, said = _closest(list(_leaves(error)))
        yield ".".join(map(str, path)), said if len(said) <= SHOWN else f"{said[:SHOWN]} …"


def _leaves(error: Any) -> Iterator[Any]:  # Any: a ValidationError, of the library that is loaded late
    """``anyOf`` says only that nothing fits: what each of its branches says."""
    inner = [one for branch in getattr(error.kind, "context", ()) for one in branch]
    for one in inner:
        yield from _leaves(one)
    if not inner:
        yield error


def _closest(leaves: list[Any]) -> tuple[list[Any], str]:  # Any: as above
    """Where the branches that got furthest failed, and what they expected there."""
    # What another branch forbids altogether says less than what is wrong with it where it may stand.
    told = [one for one in leaves if one.kind.name not in ("not", "falseSchema")] or leaves
    depth = max(len(one.instance_path) for one in told)
    told = [one for one in told if len(one.instance_path) == depth]
    # Where one of them has the value's type, what the others are made of is no help.
    fitting = [one for one in told if one.kind.name != "type"]
    if fitting:
        return fitting[0].instance_path, ", or ".join(dict.fromkeys(map(_said, fitting[:3])))
    types = dict.fromkeys(f'"{name}"' for one in told for name in one.kind.types)
    head, _, _ = told[0].message.rpartition(" is not of type")
    return told[0].instance_path, f"{head} is not of type {' or '.join(types)}"


def _said(error: Any) -> str:  # Any: as above
    """The library's sentence; of a choice it would name only the first two."""
    if error.kind.name != "enum":
        return str(error.message)
    head, _, _ = error.message.rpartition(" is not one of ")
    return f"{head} is not one of {', '.join(map(json.dumps, error.kind.options))}"


def _fetch(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not part of the schema, and nothing is fetched")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
