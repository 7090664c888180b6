"""Classes of installed plugins, found by entry point, and a toml of plain tables: what contracts begin with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import metadata
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pluggy

from athena.interfaces import Channel, PluginContext
from athena.models import ChannelOptions
from athena.specs import KERNEL_SPECS, NAME

__all__ = ["connect", "made", "names", "plugin_class", "provided", "toml"]


T = TypeVar("T")


def names(group: str) -> tuple[str, ...]:
    """The names installed distributions have in ``athena.<group>``, sorted."""
    return tuple(sorted({point.name for point in metadata.entry_points(group=f"athena.{group}")}))


def plugin_class(group: str, name: str) -> type[Any]:  # Any: a plugin's class, whatever its section
    """The class behind an entry point.

    Raises:
        LookupError: Nobody has that name; the text says who has one.
    """
    for point in metadata.entry_points(group=f"athena.{group}", name=name):
        found: type[Any] = point.load()
        return found
    raise LookupError(f"no entry point {name!r} in athena.{group}; installed: {', '.join(names(group)) or 'none'}")


def made(cls: type[Any], table: Mapping[str, object]) -> Any:  # Any: a plugin of whatever class
    """A plugin, constructed with its section as the kernel would."""
    return cls(cls.Section(**table)) if hasattr(cls, "Section") else cls()


def provided(plugin: object, context: PluginContext, interface: type[T]) -> T:
    """The object of that interface which a plugin hands over; its ``athena_init`` is called before.

    Raises:
        LookupError: It hands over none.
    """
    manager = pluggy.PluginManager(NAME)
    for specs in KERNEL_SPECS:
        manager.add_hookspecs(specs)
    manager.register(plugin, context.name)
    manager.check_pending()
    manager.hook.athena_init(context=context)
    for answer in manager.hook.athena_provide(context=context):
        for each in answer:
            if interface in type(each).__mro__:
                found: T = each
                return found
    raise LookupError(f"{context.name} provides no {interface.__name__}")


async def connect(url: str, options: ChannelOptions, channel: type[Any] | None = None) -> Channel:
    """A started channel to ``url``, of the class its scheme has in ``athena.channels`` where none is given."""
    cls = channel or plugin_class("channels", urlsplit(url).scheme)
    made: Channel = cls(url, options)
    await made.start()
    return made


def toml(tables: Mapping[str, Mapping[str, object]]) -> str:
    """The text of a file with these tables: ``{"services.x": {"wrapper": "echo"}}``."""
    lines: list[str] = []
    for name, table in tables.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {_value(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return json.dumps(value)
