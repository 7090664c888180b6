"""What a section's keys are, as rows for people: ``athena explain`` prints them, the docs are made of them."""

from __future__ import annotations

from typing import Any, get_args

import attrs

from athena.section import Free, Secret

from .problems import dotted
from .rules import RULES
from .strict import words

__all__ = ["Row", "explain"]

# Any: annotations may be type objects or typing's special forms, validators are whatever attrs takes.


@attrs.frozen
class Row:
    """One key.

    Attributes:
        key: Dotted below the section, ``tls.cert``.
        type: In the words problems use.
        default: As it would stand in a toml; ``required`` where there is none, "" where not given means something else.
        help: One sentence.
        bounds: What a value must be, "" for anything of its type.
    """

    key: str
    type: str
    default: str
    help: str
    bounds: str = ""


def explain(section: type | None) -> tuple[Row, ...]:
    """The rows of a plugin's ``Section``, or of one of the kernel's own tables (``rules.KERNEL_TABLES``).

    Args:
        section: None for a plugin without keys.
    """
    if section is None:
        return ()
    if issubclass(section, Free):
        return (Row("*", "anything", "", "Any key; the plugin alone knows which."),)
    made: Any = section
    attrs.resolve_types(made)
    # What a kernel's model has no rule for is no key: a service's name stands in its header.
    keys = [each for each in attrs.fields(made) if each.init and each.name in RULES.get(section, {each.name: None})]
    return tuple(row for attribute in keys for row in _rows(section, attribute))


def _rows(section: type, attribute: attrs.Attribute[Any]) -> list[Row]:
    rule = RULES.get(section, {}).get(attribute.name)
    text = rule.help if rule else str(attribute.metadata.get("help", ""))
    nested = _nested(attribute.type)
    if nested is not None:
        inner = [attrs.evolve(row, key=f"{attribute.name}.{row.key}") for row in explain(nested)]
        return [Row(attribute.name, "a table", _default(attribute), text), *inner]
    bounds = _bounds(rule.check if rule and rule.check else attribute.validator)
    return [Row(attribute.name, words(attribute.type), _default(attribute), text, bounds)]


def _nested(hint: Any) -> type | None:
    candidates = [hint, *get_args(hint)] if not isinstance(hint, type) else [hint]
    return next((each for each in candidates if isinstance(each, type) and attrs.has(each)), None)


def _default(attribute: attrs.Attribute[Any]) -> str:
    value: Any = attribute.default
    if value is attrs.NOTHING:
        return "required"
    if isinstance(value, attrs.Factory):  # type: ignore[arg-type]  # attrs types Factory as a function
        value = None if value.takes_self else value.factory()
    return _toml(value)


def _toml(value: Any) -> str:
    if value is None or attrs.has(type(value)):
        return ""
    if isinstance(value, Secret):
        return "***"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (tuple, list, frozenset, set)):
        return f"[{', '.join(_toml(each) for each in value)}]"
    if hasattr(value, "items"):
        return "{" + ", ".join(f"{dotted((str(key),))} = {_toml(each)}" for key, each in value.items()) + "}"
    text = str(getattr(value, "value", value))
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bounds(check: Any) -> str:
    several = getattr(check, "_validators", None)
    if several is not None:
        return ", ".join(filter(None, map(_bounds, several)))
    return str(getattr(check, "expected", ""))
