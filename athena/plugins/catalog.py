"""Which plugins are installed, and the class behind one of them, found by group and name."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from athena.errors import PluginBroken, PluginMissing, PluginRefused
from athena.specs import API

if TYPE_CHECKING:
    from importlib import metadata

__all__ = ["GROUPS", "Catalog", "Claim"]

GROUPS = (
    "wrappers", "transports", "channels", "discovery", "sources", "gpu", "guards", "quotas", "meters", "executors",
    "balancers", "middleware", "hosts", "dialects", "formats", "commands",
)  # fmt: skip
"""Every group of entry points, each named ``athena.<group>``."""


@frozen
class Claim:
    """One distribution's claim to one name; nothing of it is imported."""

    group: str
    name: str
    value: str
    distribution: str
    version: str


class Catalog:
    """The plugins that can be had: installed distributions, and classes registered in code."""

    def __init__(
        self,
        registered: Mapping[str, Any] | None = None,  # Any: classes of every group
        *,
        allow: Iterable[str] | None = None,
        block: Iterable[str] = (),
    ) -> None:
        """Args:
        registered: ``{"transports.loopback": Loopback}``: classes given in code; they win over installed ones.
        allow: Registered names (``<group>.<name>``) or distributions that may be loaded; None allows all.
        block: The same, never loaded: not even imported.
        """
        self._registered = dict(registered or {})
        self._allow = None if allow is None else frozenset(allow)
        self._block = frozenset(block)
        self._entries: metadata.EntryPoints | None = None
        self._claims: dict[str, tuple[Claim, ...]] = {}

    def limited(self, allow: Iterable[str] | None, block: Iterable[str]) -> Catalog:
        """The same catalog under ``[plugins]``, which looks anew at what is installed."""
        return Catalog(self._registered, allow=allow, block=block)

    def installed(self, group: str | None = None) -> tuple[Claim, ...]:
        """What is installed, from metadata alone, read when it is first asked for."""
        found = [claim for one in (GROUPS if group is None else (group,)) for claim in self._claimed(one)]
        return tuple(sorted(found, key=lambda claim: (claim.group, claim.name, claim.distribution)))

    def _claimed(self, group: str) -> tuple[Claim, ...]:
        # Reading all the metadata takes as long as importing a library: once for all that a start asks.
        if group not in self._claims:
            if self._entries is None:
                self._entries = _metadata().entry_points()
            found: set[Claim] = set()
            for entry in self._entries.select(group=f"athena.{group}"):
                dist = entry.dist
                name, version = (dist.name, dist.version) if dist is not None else ("", "")
                found.add(Claim(group, entry.name, entry.value, name, version))
            self._claims[group] = tuple(found)
        return self._claims[group]

    def names(self, group: str) -> tuple[str, ...]:
        """The names that group has, for "installed: …"."""
        prefix = f"{group}."
        coded = {name[len(prefix) :] for name in self._registered if name.startswith(prefix)}
        return tuple(sorted(coded | {claim.name for claim in self.installed(group)}))

    def load(self, group: str, name: str) -> Any:  # Any: a class of any group
        """The object behind a name, and nothing else of its distribution.

        Raises:
            PluginMissing: It is not installed; the text names what is.
            PluginBroken: Importing it failed.
            PluginRefused: It is blocked, two distributions claim it, or it wants another API.
        """
        plugin = f"{group}.{name}"
        if plugin in self._registered:
            return self._registered[plugin]
        claims = [claim for claim in self.installed(group) if claim.name == name]
        if not claims:
            there = ", ".join(self.names(group)) or "none"
            raise PluginMissing(f"{plugin} is not installed; installed: {there}", plugin=plugin)
        if len({claim.distribution for claim in claims}) > 1:
            both = " and ".join(f"{claim.distribution} ({claim.value})" for claim in claims)
            raise PluginRefused(f"{plugin} is claimed by {both}; uninstall one of them", plugin=plugin)
        self._permit(plugin, claims[0])
        return self._import(plugin, claims[0])

    def permit(self, group: str, name: str) -> None:
        """Judge a plugin that is loaded elsewhere, from metadata alone; one that is not installed passes.

        Raises:
            PluginRefused: ``[plugins]`` forbids it.
        """
        for claim in self.installed(group):
            if claim.name == name and f"{group}.{name}" not in self._registered:
                self._permit(f"{group}.{name}", claim)

    def _permit(self, plugin: str, claim: Claim) -> None:
        names = {plugin, claim.distribution}
        text = ""
        if names & self._block:
            text = f"{plugin} of {claim.distribution} is blocked by [plugins] block"
        elif self._allow is not None and claim.distribution != "athena-serving" and not names & self._allow:
            text = f"{plugin} of {claim.distribution} is not in [plugins] allow"
        if text:
            raise PluginRefused(text, plugin=plugin, distribution=claim.distribution)

    def _import(self, plugin: str, claim: Claim) -> Any:  # Any: as load
        who = f"{plugin} of {claim.distribution} {claim.version} ({claim.value})"
        try:
            loaded = _metadata().EntryPoint(claim.name, claim.value, f"athena.{claim.group}").load()
        except BaseException as error:
            # BaseException: a module that calls sys.exit() when it is imported is broken, not in charge.
            text = f"{who} cannot be imported: {type(error).__name__}: {error}"
            raise PluginBroken(text, plugin=plugin, distribution=claim.distribution) from error
        wanted = getattr(loaded, "api_range", (API, API))
        text = ""
        try:
            low, high = wanted
            if not low <= API <= high:
                text = f"{who} is written for API {low} to {high}; this is API {API}"
        except (TypeError, ValueError):
            text = f"{who} has api_range = {wanted!r}; expected the lowest and the highest API, say ({API}, {API})"
        if text:
            raise PluginRefused(text, plugin=plugin, distribution=claim.distribution)
        return loaded


def _metadata() -> Any:  # Any: the module
    """``importlib.metadata``, fetched here: a worker whose wrapper is an import string or a path has no use for it."""
    return importlib.import_module("importlib.metadata")
