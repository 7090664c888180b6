"""A request against a description: what is wrong, where, and what was expected. Compiled once, run on values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NoReturn

from athena.errors import Fault, PluginBroken, ServiceError
from athena.models import Description, Field, Param, Part, Request, Stage

from .values import value_fault, value_schema

__all__ = ["Checker", "checker", "format_fault"]

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_MANY, _SHORT = 256, 64
"""Values of a parameter that are remembered, and their characters at most."""
ParamCheck = Callable[[str], str | None]
"""Takes a value; returns what was expected when it does not fit."""


def checker(description: Description) -> Checker:
    """Compile a description.

    Raises:
        PluginBroken: A JSON Schema that it declares is none.
    """
    return Checker(description)


class Checker:
    """Raises ServiceError(BAD_REQUEST) with a path: ``payload.<key>`` or ``parameter.<key>``.

    Attributes:
        describes_parts: Whether anything is said of the parts; without it every part fits.
    """

    def __init__(self, description: Description) -> None:
        self._inputs = {field.key: field for field in description.inputs}
        self._any = self._inputs.pop("*", None)
        self.describes_parts = bool(description.inputs)
        self._values = {field.key: _compiled("inputs", field) for field in description.inputs if field.schema}
        for field in description.outputs:
            if field.schema:
                _compiled("outputs", field)  # documents are made of it, and whoever reads them relies on it
        self._required = tuple(key for key, field in self._inputs.items() if field.required)
        self._params = {param.key: _kept(_param_check(param)) for param in description.params}
        self._required_params = tuple(param.key for param in description.params if param.required)

    def request(self, request: Request) -> None:
        """A whole request: parts, required ones included, and parameters."""
        if self.describes_parts:
            self.parts(request)
            if self._values:
                self.values(request)
            if self._required:
                self._there(request)
        if self._params:
            self.params(request)

    def parts(self, request: Request) -> None:
        """The parts there are; one write of a session need not have all."""
        if not self.describes_parts:
            return
        for part in request.parts:
            field = self._inputs.get(part.key, self._any)
            if field is None:
                if part.key:  # the end mark of a session has no key
                    _refuse(f"payload.{part.key}", f"unknown; expected one of: {_names(self._inputs)}")
                continue
            if field.kind is not None and part.kind is not field.kind:
                _refuse(f"payload.{part.key}", f"expected {field.kind.name.lower()}, got {part.kind.name.lower()}")
            if field.formats and part.attributes and (fault := format_fault(field, part)):
                _refuse(f"payload.{part.key}", fault)

    def values(self, request: Request) -> None:
        """The JSON values that come whole and have a JSON Schema."""
        for part in request.parts:
            compiled = self._values.get(part.key)
            if compiled is not None and part.stage is Stage.ONCE and (fault := value_fault(compiled, part.data)):
                raise ServiceError(Fault.BAD_REQUEST, f"payload.{part.key}{fault}")

    def params(self, request: Request) -> None:
        """The parameters that are described; others pass."""
        params: Mapping[str, str] = request.params
        for key in self._required_params:
            if key not in params:
                _refuse(f"parameter.{key}", "missing")
        for key, value in params.items():
            check = self._params.get(key)
            if check is not None and (expected := check(value)) is not None:
                _refuse(f"parameter.{key}", f"expected {expected}, got {value!r}")


    def _there(self, request: Request) -> None:
        keys = [part.key for part in request.parts]
        for key in self._required:
            if key not in keys:
                _refuse(f"payload.{key}", f"missing; the request has: {_names(keys)}")


def format_fault(field: Field, part: Part) -> str:
    """What is wrong with the format of a part, as it says itself; "" where nothing is."""
    given = part.attributes.get("format") or part.attributes.get("encoding")
    if not field.formats or not given or given in field.formats or part.attributes.get("encoding") in field.formats:
        return ""
    return f"expected format {' or '.join(field.formats)}, got {given!r}"


def _compiled(side: str, field: Field) -> Any:  # Any: see values
    try:
        return value_schema(field.schema)
    except ValueError as error:
        said = str(error).partition("\n")[0]
        raise PluginBroken(f"{side}.{field.key}: its JSON Schema is none: {said}", plugin="") from error


def _kept(check: ParamCheck) -> ParamCheck:
    """The same check, which remembers what it said of short values: callers send the same ones again and again."""
    kept = lru_cache(_MANY)(check)
    return lambda value: kept(value) if len(value) <= _SHORT else check(value)


def _param_check(param: Param) -> ParamCheck:
    if param.type == "boolean":
        return lambda value: None if value in ("true", "false") else "true or false"
    if param.type == "integer":
        return _bounded(param, _whole, "a whole number")
    if param.type == "number":
        return _bounded(param, _finite, "a number")
    return _text(param)


def _whole(value: str) -> int:
    # int() also takes "1_000", " 5 " and digits of every script: a wrapper in another language does not.
    if not _WHOLE.fullmatch(value):
        raise ValueError(value)
    return int(value)


def _finite(value: str) -> float:
    number = float(value)
    if not math.isfinite(number) or not _NUMBER.fullmatch(value):
        raise ValueError(value)
    return number


def _bounded(param: Param, parse: Callable[[str], float], noun: str) -> ParamCheck:
    expected = noun + _range(param)

    def check(value: str) -> str | None:
        try:
            number = parse(value)
        except (ValueError, OverflowError):
            return expected
        low_enough = param.maximum is None or number <= param.maximum
        return None if low_enough and (param.minimum is None or number >= param.minimum) else expected

    return check


def _text(param: Param) -> ParamCheck:
    if param.choices:
        choices = frozenset(param.choices)
        return lambda value: None if value in choices else "one of: " + ", ".join(param.choices)
    expected = "text" + (f" of length{_range(param)}" if _range(param) else "")
    low, high = param.minimum or 0, math.inf if param.maximum is None else param.maximum
    return lambda value: None if low <= len(value) <= high else expected


def _range(param: Param) -> str:
    low = "" if param.minimum is None else f" from {param.minimum:g}"
    high = "" if param.maximum is None else f" to {param.maximum:g}"
    return low + high


def _names(keys: Iterable[str]) -> str:
    return ", ".join(sorted(set(keys))) or "none"


def _refuse(path: str, text: str) -> NoReturn:
    raise ServiceError(Fault.BAD_REQUEST, f"{path}: {text}")
