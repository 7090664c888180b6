"""What is different between two configurations, and what that means for each service: nothing here is carried out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import Enum

import attrs

from athena.models import Change, Limits, ServiceSettings
from athena.settings import KernelSettings, LogSettings, Problem, Settings

__all__ = ["RESTART", "Changes", "Way"]

RESTART = "cannot change while the kernel runs; restart it"
LIMITS = frozenset(
    {"max_concurrency", "queue", "max_sessions", "max_resources", "max_resource_bytes", "deadline", "guards"}
)
"""Keys of a service that are only looked at when a call comes."""
BATCH = frozenset({"batch"})
"""A table that changes live, where it stands before and after."""
CONFIG = frozenset({"config"})
"""Keys that a running wrapper may be given."""
LIVE = frozenset({"limits", "drain_timeout", "lame_duck", "watch"})
"""Keys of ``[kernel]`` that change while it runs."""
FIXED_LIMITS = frozenset({"max_message"})
"""Limits that transports and workers were started with."""


class Way(Enum):
    """How a service gets to its new table."""

    KEEP = "nothing has changed"
    LIMITS = "new limits alone"
    CONFIG = "a new table for the running wrapper"
    SWAP = "a new generation"


class Changes:
    """From one configuration to another.

    Attributes:
        old, new: The two.
        version: The new document's.
        sections: The tables of kernel plugins that are in both and differ.
        ways: What happens to each service that is in both.
        added, removed: Services that are in one alone.
    """

    def __init__(self, old: Settings, new: Settings, version: str, swap: Collection[str] = ()) -> None:
        """Args:
        swap: Services that get a new generation in any case.
        """
        self.old = old
        self.new = new
        self.version = version
        before, after = _plugins(old), _plugins(new)
        self.sections = [key for key in before if key in after and before[key] != after[key]]
        self.added = [name for name in new.services if name not in old.services]
        self.removed = [name for name in old.services if name not in new.services]
        self.ways = {
            name: Way.SWAP if name in swap else _way(table, new.services[name])
            for name, table in old.services.items()
            if name in new.services
        }

    def of_section(self, key: tuple[str, str]) -> Change:
        """One plugin's."""
        return Change(self.old.sections[key], self.new.sections[key], self.version)

    def of_service(self, name: str) -> Change:
        """One service's."""
        return Change(self.old.services[name], self.new.services[name], self.version)

    def fixed(self) -> Iterator[Problem]:
        """What cannot change while the kernel runs, key by key."""
        for name, _, _ in _differences(self.old.kernel, self.new.kernel, LIVE):
            yield Problem(("kernel", name), RESTART)
        limits = frozenset(attribute.name for attribute in attrs.fields(Limits)) - FIXED_LIMITS
        for name, _, _ in _differences(self.old.kernel.limits, self.new.kernel.limits, limits):
            yield Problem(("kernel", "limits", name), RESTART)
        before, after = _plugins(self.old), _plugins(self.new)
        for key in before.keys() - after.keys():
            yield Problem(key, f"is gone from the file, and {RESTART}")
        for key in after.keys() - before.keys():
            yield Problem(key, f"is new, and {RESTART}")

    def sentences(self) -> Iterator[str]:
        """What has changed, one line each; tables of plugins and wrappers may hold secrets and are named only."""
        yield from _told("kernel", _differences(self.old.kernel, self.new.kernel, {"limits"}))
        yield from _told("kernel.limits", _differences(self.old.kernel.limits, self.new.kernel.limits))
        yield from _told("log", _differences(self.old.log, self.new.log))
        for key in self.sections:
            yield f"{'.'.join(key)}: has taken its new table"
        for name, way in self.ways.items():
            path = f"services.{name}"
            table = self.new.services[name]
            yield from _told(path, _differences(self.old.services[name], table, {*_TABLES, "folder"}))
            named = [key for key, _, _ in _differences(self.old.services[name], table) if key in _TABLES]
            yield from (f"{path}.{key}: changed" for key in named)
            if way is Way.SWAP:
                yield f"{path}: new workers have taken over; sessions end where they began"
        yield from (f"services.{name}: added" for name in self.added)
        yield from (f"services.{name}: removed; it finishes what it has" for name in self.removed)


_TABLES = frozenset({"config", "middleware_config", "batch", "gpu", "tables"})

Values = KernelSettings | Limits | LogSettings | ServiceSettings


def _plugins(settings: Settings) -> Mapping[tuple[str, str], object]:
    """The tables of kernel plugins; middleware lives where its wrapper does, and changes with it."""
    return {key: section for key, section in settings.sections.items() if key[0] != "middleware"}


def _way(old: ServiceSettings, new: ServiceSettings) -> Way:
    changed = {name for name, _, _ in _differences(old, new)}
    if not changed:
        return Way.KEEP
    # The limits of batches are live; whether there are any at all is between the executor and the wrapper.
    live = LIMITS | BATCH if old.batch is not None and new.batch is not None else LIMITS
    if changed <= live:
        return Way.LIMITS
    return Way.CONFIG if changed <= live | CONFIG else Way.SWAP


def _differences(old: Values, new: Values, but: Collection[str] = ()) -> Iterator[tuple[str, object, object]]:
    for attribute in attrs.fields(type(old)):
        name = attribute.name
        if name not in but and getattr(old, name) != getattr(new, name):
            yield name, getattr(old, name), getattr(new, name)


def _told(path: str, differences: Iterable[tuple[str, object, object]]) -> Iterator[str]:
    for name, old, new in differences:
        yield f"{path}.{name}: {_shown(old)} → {_shown(new)}"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return "not given" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
