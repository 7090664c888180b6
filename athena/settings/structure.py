"""A table becomes a section: a strict cattrs converter that finds every fault of a table before it gives up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import BaseValidationError, IterableValidationError, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, override

from athena.errors import PluginBroken, SettingsError
from athena.section import BadValue, Free

from .problems import Path, Problem, unknown
from .rules import RULES
from .strict import SCALARS, Hook, WrongType, choice, members, words
from .walk import walk

__all__ = ["settle"]

# Any, in this file: cattrs and attrs are typed by what they are given; hints and toml values may be anything.
_LISTS: Mapping[Any, Callable[[Iterable[Any]], Any]] = {tuple: tuple, list: list, frozenset: frozenset, set: set}


def settle(section: type | None, table: object, path: Path = (), *, lenient: bool = False) -> Any:
    """Make a plugin's section of its table.

    Args:
        section: The plugin's ``Section``; None for a plugin that takes no keys; a ``Free`` takes any.
        table: The table, as the toml gives it.
        path: Put before the paths of the problems.
        lenient: Say nothing of missing keys: the table is known to be torn by a fault named elsewhere.

    Returns:
        An instance of the section; None for None.

    Raises:
        SettingsError: Every fault of the table, without file and line.
        PluginBroken: The section itself is not usable.
    """
    if not isinstance(table, Mapping):
        raise SettingsError([Problem(path, WrongType(Mapping[str, Any], table).text)])
    if section is None:
        if table:
            raise SettingsError([Problem((*path, str(key)), unknown("key", str(key), ())) for key in table])
        return None
    if not (attrs.has(section) or issubclass(section, Free)):
        raise PluginBroken(f"{section.__module__}.{section.__qualname__} is no section; decorate it with @section")
    try:
        return _converter().structure(table, section)
    except (BaseValidationError, WrongType, BadValue, ValueError, TypeError) as error:
        problems = walk(error, path, lenient=lenient)
        if problems:
            raise SettingsError(problems) from None
        return None
    except NameError as error:
        name = f"{section.__module__}.{section.__qualname__}"
        raise PluginBroken(f"{name}: an annotation names nothing: {error}") from error


@lru_cache(maxsize=1)
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=True, forbid_extra_keys=True)
    factories: list[tuple[Callable[[Any], bool], Callable[[Any, cattrs.Converter], Hook]]] = [
        (lambda hint: True, _unsupported),
        (lambda hint: _origin(hint) in _LISTS, _list),
        (lambda hint: isinstance(_origin(hint), type) and issubclass(_origin(hint), Mapping), _mapping),
        (lambda hint: get_origin(hint) in {Union, UnionType}, _union),
        (lambda hint: get_origin(hint) is Literal, lambda hint, _: choice(hint, {key: key for key in get_args(hint)})),
        (_is_enum, lambda hint, _: choice(hint, {member.value: member for member in hint})),
        (lambda hint: isinstance(hint, type) and attrs.has(hint), _section),
        (lambda hint: hint in SCALARS, lambda hint, _: SCALARS[hint]),
    ]
    for wanted, factory in factories:  # cattrs asks the last one first
        converter.register_structure_hook_factory(wanted, factory)
    for kind in (str, int, float, bool, bytes):  # for these it has hooks of its own, which come before any factory
        converter.register_structure_hook(kind, SCALARS[kind])
    return converter


def _origin(hint: Any) -> Any:
    return get_origin(hint) or hint


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)


def _unsupported(hint: Any, _: cattrs.Converter) -> Hook:
    raise PluginBroken(f"a section cannot hold {hint!r}; a toml has str, int, float, bool, lists and tables")


def _section(cls: Any, converter: cattrs.Converter) -> Hook:
    """Each key is checked as it is settled: attrs would check in ``__init__``, and stop at the first fault."""
    attrs.resolve_types(cls)
    overrides = {
        attribute.name: override(struct_hook=_checked(attribute, converter.get_structure_hook(attribute.type), cls))
        for attribute in attrs.fields(cls)
        if attribute.init
    }
    make: Any = make_dict_structure_fn
    fill = make(cls, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True, **overrides)

    def structure(value: Any, _: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise WrongType(cls, value)
        return fill(value, cls)

    return structure


def _checked(attribute: attrs.Attribute[Any], hook: Hook, cls: type) -> Hook:
    rule = RULES.get(cls, {}).get(attribute.name)

    def structure(value: Any, _: Any) -> Any:
        settled = hook(value, attribute.type)
        if rule is not None and rule.check is not None:
            rule.check(None, attribute, settled)
        if attribute.validator is not None and attribute.converter is None:
            with suppress(AttributeError):  # a check that wants the whole instance: attrs will ask it again
                attribute.validator(None, attribute, settled)
        return settled

    return structure


def _list(hint: Any, converter: cattrs.Converter) -> Hook:
    inner = [member for member in get_args(hint) if member is not Ellipsis] or [Any]
    fixed = len(inner) if _origin(hint) is tuple and Ellipsis not in get_args(hint) and get_args(hint) else None
    hooks = [converter.get_structure_hook(member) for member in inner]

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise WrongType(hint, value)
        if fixed is not None and len(value) != fixed:
            raise ValueError(f"expected {fixed} values ({words(hint)}), got {len(value)}")
        items = [
            (index, item, *((inner[index], hooks[index]) if fixed else (inner[0], hooks[0])))
            for index, item in enumerate(value)
        ]
        return _LISTS[_origin(hint)](each for _, each in _every(items, hint))

    return structure


def _mapping(hint: Any, converter: cattrs.Converter) -> Hook:
    inner = (get_args(hint) or (str, Any))[-1]
    hook = converter.get_structure_hook(inner)

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise WrongType(hint, value)
        return dict(_every([(str(key), item, inner, hook) for key, item in value.items()], hint))

    return structure


def _every(items: Iterable[tuple[int | str, Any, Any, Hook]], hint: Any) -> list[tuple[Any, Any]]:
    """Settle each; the faults of all of them come together, as cattrs has it."""
    settled: list[tuple[Any, Any]] = []
    errors: list[Exception] = []
    for index, item, inner, hook in items:
        try:
            settled.append((index, hook(item, inner)))
        except Exception as error:
            # cattrs' own way of tying a fault to its place, on every Python; add_note is 3.11.
            note = IterableValidationNote(f"Structuring {hint} @ {index!r}", index, inner)
            error.__notes__ = [*getattr(error, "__notes__", []), note]
            errors.append(error)
    if errors:
        raise IterableValidationError(f"While structuring {hint}", errors, hint)
    return settled


def _union(hint: Any, converter: cattrs.Converter) -> Hook:
    inner = members(hint)
    hooks = [(member, converter.get_structure_hook(member)) for member in inner]
    optional = len(inner) < len(get_args(hint))

    def structure(value: Any, _: Any) -> Any:
        if value is None and optional:
            return None
        if len(hooks) == 1:
            return hooks[0][1](value, hooks[0][0])
        for member, hook in hooks:
            try:
                return hook(value, member)
            except (WrongType, BaseValidationError, ValueError):
                continue
        raise WrongType(hint, value)

    return structure
