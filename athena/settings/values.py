"""What a toml becomes: frozen values, every default in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

from attrs import evolve, field, frozen

from athena.models import Became, Limits, ServiceSettings

from .problems import Path, Problem

__all__ = ["KernelSettings", "Locations", "LogSettings", "PluginsSettings", "Settings"]

NOTHING: Mapping[Path, int] = MappingProxyType({})


@frozen
class KernelSettings:
    """``[kernel]``.

    Attributes:
        name: What this kernel is called in logs, metrics and discovery.
        drain_timeout: Seconds that running work is given when the kernel stops.
        lame_duck: Seconds of those in which it says that it is not ready and takes new work all the same.
        advertise: The address other machines are told; "" for the bound one.
        unguarded: Serve addresses other than loopback although no guard says who calls.
        control: Where operators reach it: the path of a Unix socket; ``auto`` for one of ``athena run``'s own, in the
            user's runtime folder, and for none of an embedded kernel; ``off`` for none.
        debug: Compare what wrappers answer with what they declare, and refuse what does not fit: for development.
        watch: Take a new configuration as soon as its source has one.
        limits: ``[kernel.limits]``.
    """

    name: str = "athena"
    drain_timeout: float = 30.0
    lame_duck: float = 2.0
    advertise: str = ""
    unguarded: bool = False
    control: str = "auto"
    debug: bool = False
    watch: bool = True
    limits: Limits = field(factory=Limits)


@frozen
class LogSettings:
    """``[log]``.

    Attributes:
        format: ``auto`` writes for people on a terminal, else JSON lines.
        access: One line per call.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json", "auto"] = "auto"
    access: bool = False


@frozen
class PluginsSettings:
    """``[plugins]``: which plugins may be loaded at all, by registered name (``<group>.<name>``) or distribution.

    Attributes:
        allow: Only these; None means all.
        block: Never these, whatever ``allow`` says.
    """

    allow: tuple[str, ...] | None = None
    block: tuple[str, ...] = ()


@frozen(eq=False)
class Locations:
    """Where each key and table of a document stands.

    Attributes:
        origin: The document's origin.
        lines: The line of each key and table, counted from 1.
    """

    origin: str = ""
    lines: Mapping[Path, int] = field(default=NOTHING, repr=False)

    def line(self, path: Path) -> int:
        """The line of that key; of the nearest table above it where the key is not in the file; 0 for none."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def moved(self, became: Iterable[Became]) -> Locations:
        """The same document, whose keys have other paths now: each stands where it stood."""
        lines = {one.new: self.line(one.old) for one in became if one.new}
        tables = {path[:length]: line for path, line in reversed(lines.items()) for length in range(1, len(path))}
        return evolve(self, lines={**tables, **self.lines, **lines})

    def place(self, problems: Iterable[Problem], under: Path = ()) -> tuple[Problem, ...]:
        """Problems whose paths are relative to ``under``, with full paths, file and line."""
        full = [evolve(problem, path=under + problem.path) for problem in problems]
        return tuple(evolve(problem, origin=self.origin, line=self.line(problem.path)) for problem in full)


@frozen
class Settings:
    """A whole configuration, settled.

    Attributes:
        services: By name; ``"*"`` is the wildcard.
        sections: The settled section of every ``[<group>.<name>]`` table, in the order of the file; None where the
            plugin has no ``Section``. A ``middleware`` table stays as it is: it is settled where the wrapper lives.
        executors: By service: the settled ``[services.x.<executor>]``, None where the executor has no ``Section``.
        where: Where each key stands, for problems found later.
        became: What the keys of another program's document have become; empty for one of ours.
    """

    kernel: KernelSettings = field(factory=KernelSettings)
    services: Mapping[str, ServiceSettings] = field(factory=dict)
    log: LogSettings = field(factory=LogSettings)
    plugins: PluginsSettings = field(factory=PluginsSettings)
    sections: Mapping[tuple[str, str], object] = field(factory=dict)
    executors: Mapping[str, object] = field(factory=dict)
    where: Locations = field(factory=Locations, eq=False)
    became: tuple[Became, ...] = field(default=(), eq=False)
