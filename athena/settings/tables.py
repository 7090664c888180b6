"""A whole document becomes settings: the kernel's tables, the services, and one table per plugin."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from athena.errors import PluginError, PluginMissing
from athena.models import Became, Document, Limits, Translation

from .findings import Findings
from .problems import Path, Problem, nearest
from .reader import parse
from .rules import KERNEL_TABLES
from .services import KEYS, TABLES, Services
from .strict import WrongType
from .values import KernelSettings, Locations, LogSettings, PluginsSettings, Settings

__all__ = ["GROUPS", "Resolve", "locate", "plugins_of", "read"]

GROUPS = (
    "transports",
    "discovery",
    "sources",
    "gpu",
    "guards",
    "quotas",
    "meters",
    "executors",
    "balancers",
    "middleware",
)
"""The groups whose plugins have a table ``[<group>.<name>]``."""

Resolve = Callable[[str, str], type | None]
"""The plugin class of a group and a name; raises PluginError, whose text says what is installed."""

Tables = Mapping[str, Any]  # Any: a toml's values

Translate = Callable[[Tables], Translation | None]
"""Reads the document as one of another program; None where it is of none that is known."""


def read(
    document: Document, resolve: Resolve, *, wrappers: Collection[str] = (), translate: Translate | None = None
) -> Settings:
    """Settle a document, or say all that is wrong with it.

    Args:
        document: The toml.
        resolve: Imports the plugin class of ``[<group>.<name>]``; called for names in the document only, and for the
            executors of its services. Never for ``middleware``, which lives where the wrapper lives.
        wrappers: Names of services whose wrapper is given in code: they need no table, run in threads unless their
            table says otherwise, and name no wrapper.
        translate: Asked where the document has tables that are not ours.

    Raises:
        SettingsError: With every problem, in the order of the file.
    """
    tables, where, became = _ours(document, translate)
    findings = Findings(where, _strangers(tables))
    for (name,), text in _misplaced(tables):
        findings.add((name,), text)
    plugins = findings.settle(PluginsSettings, tables.get("plugins", {}), ("plugins",)) or PluginsSettings()
    kernel = findings.settle(KernelSettings, tables.get("kernel", {}), ("kernel",))
    log = findings.settle(LogSettings, tables.get("log", {}), ("log",)) or LogSettings()
    limits = kernel.limits if kernel is not None and _in_order(kernel.limits, tables, findings) else None
    services = Services(
        findings,
        lambda name: resolve("executors", name),
        frozenset(wrappers),
        _guards(tables, findings),
        limits,
    )
    services.read(tables.get("services", {}))
    sections = _sections(tables, resolve, findings)
    findings.raise_all()
    return Settings(
        kernel or KernelSettings(),
        MappingProxyType(services.settled),
        log,
        plugins,
        MappingProxyType(sections),
        MappingProxyType(services.executors),
        where,
        became,
    )


def plugins_of(document: Document) -> PluginsSettings:
    """``[plugins]`` alone: it has to be known before :func:`read` may resolve anything.

    Its faults are not told here; ``read`` tells them together with all others.

    Raises:
        SettingsError: The document is not TOML.
    """
    tables, where = parse(document)
    return Findings(where).settle(PluginsSettings, tables.get("plugins", {}), ("plugins",)) or PluginsSettings()


def locate(settings: Settings | Locations, problems: Iterable[Problem], under: Path = ()) -> tuple[Problem, ...]:
    """Add file and line to what was refused later and elsewhere.

    Args:
        settings: What was read, or its ``where``.
        problems: With paths relative to ``under``.
        under: For a worker's refusal, ``("services", name)``.
    """
    where = settings.where if isinstance(settings, Settings) else settings
    return where.place(problems, under)


def _ours(document: Document, translate: Translate | None) -> tuple[Tables, Locations, tuple[Became, ...]]:
    """The document's tables, translated where they are another program's."""
    tables, where = parse(document)
    known = {*KERNEL_TABLES, *GROUPS}
    foreign = any(name not in known and isinstance(value, Mapping) for name, value in tables.items())
    found = translate(tables) if translate is not None and foreign else None
    if found is None:
        return tables, where, ()
    return found.tables, where.moved(found.became), found.became


def _misplaced(tables: Tables) -> Iterable[tuple[Path, str]]:
    """Top-level names that are neither the kernel's nor a group's."""
    known = (*KERNEL_TABLES, *GROUPS)
    for name, value in tables.items():
        if name in known:
            continue
        if not isinstance(value, Mapping):
            where = f"[{', '.join(KERNEL_TABLES)}] or [<group>.<name>]".replace(", ", "], [")
            home = next((table for table, model in KERNEL_TABLES.items() if name in model.__annotations__), "")
            meant = f"; did you mean: {home}.{name}" if home and home != "services" else ""
            yield (name,), f"a key outside any table; keys stand in {where}{meant}"
            continue
        meant = nearest(name, known)
        if meant:
            yield (name,), f"unknown table; did you mean: {meant}"
        else:
            own, groups = ", ".join(KERNEL_TABLES), ", ".join(GROUPS)
            yield (name,), f"unknown table; expected one of: {own}, or <group>.<name> of a group: {groups}"


def _strangers(tables: Tables) -> frozenset[Path]:
    """Tables torn by a misspelt first word: ``[servces.ocr]`` leaves ``[services.ocr.batch]`` without its wrapper."""
    known = (*KERNEL_TABLES, *GROUPS)
    torn: set[Path] = set()
    for name, value in tables.items():
        meant = nearest(name, known) if name not in known else ""
        if meant and isinstance(value, Mapping):
            torn.add((meant,))
            torn.update((meant, inner) for inner in value)
    return frozenset(torn)


def _in_order(limits: Limits, tables: Tables, findings: Findings) -> bool:
    """Whether the deadlines are."""
    if limits.default_deadline <= limits.max_deadline:
        return True
    path = ("kernel", "limits")
    if "max_deadline" in tables["kernel"]["limits"]:
        text = f"expected at least default_deadline ({limits.default_deadline:g}), got {limits.max_deadline:g}"
        findings.add((*path, "max_deadline"), text)
    else:
        text = f"expected at most max_deadline ({limits.max_deadline:g}), got {limits.default_deadline:g}"
        findings.add((*path, "default_deadline"), text)
    return False


def _guards(tables: Tables, findings: Findings) -> frozenset[str]:
    """The guards there are; one in a misspelt table is named already, and not missing too."""
    guards = tables.get("guards", {})
    torn = (path[1] for path in findings.torn if path[:1] == ("guards",) and len(path) > 1)
    return frozenset(guards if isinstance(guards, Mapping) else ()).union(torn)


def _sections(tables: Tables, resolve: Resolve, findings: Findings) -> dict[tuple[str, str], object]:
    """Every ``[<group>.<name>]``, in the order of the file."""
    sections: dict[tuple[str, str], object] = {}
    for group, members in tables.items():
        if group not in GROUPS:
            continue
        if not isinstance(members, Mapping):
            findings.add((group,), f"{WrongType(Tables, members).text}; a plugin's table is [{group}.<name>]")
            continue
        for name, table in members.items():
            path = (group, name)
            if not isinstance(table, Mapping):
                findings.add(path, f"{WrongType(Tables, table).text}; a plugin's table is [{group}.<name>]")
            elif group == "middleware":
                sections[path] = table
                _used(name, tables, findings)
            else:
                sections[path] = _section(resolve, path, table, findings)
    return sections


def _section(resolve: Resolve, path: tuple[str, str], table: Tables, findings: Findings) -> object:
    try:
        plugin = resolve(*path)
    except PluginError as error:
        # Where the text starts with the name, the path in front of it has said that already.
        said = f"{'.'.join(path)} " if isinstance(error, PluginMissing) else ""
        findings.add(path, str(error).removeprefix(said))
        return None
    return findings.settle_plugin(plugin, table, path)


def _used(name: str, tables: Tables, findings: Findings) -> None:
    """A middleware's table that no service names would be read by nobody."""
    services = tables.get("services", {})
    each = [table for table in services.values() if isinstance(table, Mapping)] if isinstance(services, Mapping) else []
    named = [table.get("middleware", []) for table in each]
    misspelt = any(key not in (*KEYS, *TABLES) and nearest(key, ["middleware"]) for table in each for key in table)
    if ("services",) in findings.torn or misspelt or not all(isinstance(names, list) for names in named):
        return  # who names it is in doubt, and that is said already
    if not any(name in names for names in named):
        findings.add(("middleware", name), "no service names it; add it to middleware = [...] of a [services.<name>]")
