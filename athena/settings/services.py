"""The ``[services.*]`` tables: typed keys, the wrapper's free map, and the executor's own table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from athena.errors import PluginError
from athena.models import Limits, ServiceSettings

from .findings import Findings
from .problems import Path, nearest, unknown
from .rules import RULES
from .strict import WrongType
from .walk import MISSING

__all__ = ["Services"]

WILDCARD = "*"
TABLES = ("config", "batch", "gpu")
KEYS = tuple(name for name in RULES[ServiceSettings] if name not in TABLES)

_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]+")
_ELSEWHERE = 'the thread executor runs in the kernel\'s own process and takes no lease; use executor = "process"'

Table = Mapping[str, Any]  # Any: a toml's values


class Services:
    """Reads the services of one document.

    Args:
        findings: Where faults go.
        executor: An executor's class by name; raises PluginError.
        given: Services whose wrapper is given in code.
        guards: The guards that are configured.
        limits: The kernel's, or None when they have faults.
    """

    def __init__(
        self,
        findings: Findings,
        executor: Callable[[str], type | None],
        given: frozenset[str],
        guards: frozenset[str],
        limits: Limits | None,
    ) -> None:
        self.findings = findings
        self.settled: dict[str, ServiceSettings] = {}
        self.executors: dict[str, object] = {}
        self._executor = executor
        self._given = given
        self._guards = guards
        self._limits = limits

    def read(self, tables: object) -> None:
        """Settle every table, and add those that code gives without one."""
        if not isinstance(tables, Mapping):
            self.findings.add(("services",), WrongType(Mapping[str, Any], tables).text)
            return
        for name, table in tables.items():
            path = ("services", name)
            if not isinstance(table, Mapping):
                self.findings.add(path, f"{WrongType(Mapping[str, Any], table).text}; a service is [services.<name>]")
            elif name != WILDCARD and not _NAME.fullmatch(name):
                text = "a service's name is a path segment of its URL: letters, digits, dot, underscore and hyphen"
                self.findings.add(path, text)
            else:
                self._service(name, table, path)
        for name in sorted(self._given - set(tables)):
            self.settled[name] = ServiceSettings(name, executor="thread")
            self.executors[name] = self._own_section("thread", {}, ("services", name))

    def _service(self, name: str, table: Table, path: Path) -> None:
        default = "thread" if name in self._given else ServiceSettings(name).executor
        executor = table.get("executor", default)
        known, own, strangers = self._sort(table, executor, path)
        settled = self.findings.settle(ServiceSettings, {"executor": default, **known, "name": name}, path)
        self._wrapper(name, table, strangers, path)
        self._crossing(name, table, executor, strangers, path)
        if settled is None:
            return
        if "executor" not in table and nearest("executor", strangers):
            return
        self.executors[name] = self._own_section(settled.executor, own or {}, path)
        self._bounds(settled, path)
        tables = MappingProxyType({} if own is None else {settled.executor: own})
        self.settled[name] = attrs.evolve(settled, tables=tables)

    def _sort(self, table: Table, executor: object, path: Path) -> tuple[dict[str, Any], Table | None, list[str]]:
        """Typed keys; the executor's own table; names nobody knows, which are problems already."""
        known: dict[str, Any] = {}
        own: Table | None = None
        strangers: list[str] = []
        for key, value in table.items():
            if key in KEYS or key in TABLES:
                known[key] = value
            elif isinstance(value, Mapping) and key == executor:
                own = value
            else:
                strangers.append(key)
        # With its executor's name in doubt, a table that bears it is in doubt too.
        doubted = not isinstance(executor, str) or ("executor" not in table and bool(nearest("executor", strangers)))
        for key in strangers:
            if not isinstance(table[key], Mapping):
                self.findings.add((*path, key), unknown("key", key, KEYS))
            elif not doubted:
                self.findings.add((*path, key), unknown("table", key, (*TABLES, str(executor))))
        return known, own, strangers

    def _wrapper(self, name: str, table: Table, strangers: list[str], path: Path) -> None:
        wrapper = table.get("wrapper")
        if name == WILDCARD:
            if wrapper is not None:
                self.findings.add((*path, "wrapper"), "the wildcard has no wrapper: its executor answers for any name")
        elif name in self._given:
            if wrapper is not None:
                self.findings.add((*path, "wrapper"), "the wrapper of this service is given in code")
        elif wrapper is None and path not in self.findings.torn and not nearest("wrapper", strangers):
            self.findings.add((*path, "wrapper"), MISSING + self._perhaps(name, path))

    def _perhaps(self, name: str, path: Path) -> str:
        """A service that only tables below it name may be a misspelt one."""
        others = {
            other: where for *start, other in self.findings.where.lines if (where := (*start, other))[:-1] == path[:1]
        }
        others.pop(name, None)
        meant = nearest(name, others)
        return f"; did you mean services.{meant} (line {self.findings.where.line(others[meant])})" if meant else ""

    def _crossing(self, name: str, table: Table, executor: object, strangers: list[str], path: Path) -> None:
        """Rules about where the wrapper runs."""
        if name == WILDCARD and executor in {"thread", "process"}:
            if "executor" in table:
                text = f"the wildcard needs an executor that answers for any name, and {executor} runs one wrapper"
                self.findings.add((*path, "executor"), text)
            elif path not in self.findings.torn and not nearest("executor", strangers):
                self.findings.add((*path, "executor"), f"{MISSING}: the wildcard says who answers for any name")
        if executor == "thread" and isinstance(table.get("gpu"), Mapping):
            self.findings.add((*path, "gpu"), _ELSEWHERE)

    def _own_section(self, executor: str, own: Table, path: Path) -> object:
        try:
            plugin = self._executor(executor)
        except PluginError as error:
            self.findings.add((*path, "executor"), str(error))
            return None
        return self.findings.settle_plugin(plugin, own, (*path, executor))

    def _bounds(self, settled: ServiceSettings, path: Path) -> None:
        limit = self._limits.max_deadline if self._limits else None
        if limit is not None and settled.deadline is not None and settled.deadline > limit:
            text = f"expected at most kernel.limits.max_deadline ({limit:g}), got {settled.deadline:g}"
            self.findings.add((*path, "deadline"), text)
        for index, guard in enumerate(settled.guards):
            if guard not in self._guards:
                there = ", ".join(sorted(self._guards)) or "none"
                text = f"no table [guards.{guard}] says how it works; configured guards: {there}"
                self.findings.add((*path, "guards", f"[{index}]"), text)
