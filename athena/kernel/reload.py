"""A new configuration in two phases: everybody checks, and one refusal refuses all; then everybody takes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping

import attrs

from athena.dispatcher import Switchboard
from athena.errors import AthenaError, PluginError, SettingsError
from athena.models import Change, Limits, ServiceSettings
from athena.settings import KernelSettings, Problem, Settings, locate

from .parts import Parts

__all__ = ["Reload"]

log = logging.getLogger("athena.kernel")

SILENCE = 5.0
"""Seconds a check may take; silence refuses."""
LIVE = frozenset({"max_concurrency", "queue", "max_sessions", "deadline", "guards", "config"})
"""Keys of a service that change while it runs."""
FIXED_LIMITS = frozenset({"max_message"})
"""Limits that transports and workers were started with."""
RESTART = "cannot change while the kernel runs; restart it"


class Reload:
    """From the running settings to new ones, or a refusal that changes nothing."""

    def __init__(self, old: Settings, new: Settings, version: str) -> None:
        self._old = old
        self._new = new
        self._version = version
        self._sections = [key for key in old.sections if key in new.sections and old.sections[key] != new.sections[key]]
        self._services = [name for name in old.services if name in new.services and self._config_changed(name)]

    async def check(self, board: Switchboard, parts: Parts) -> None:
        """Phase 1.

        Raises:
            SettingsError: Every reason why not, each at its line of the new document.
        """
        problems = [*self._fixed(parts)]
        for key in self._sections:
            registered = ".".join(key)
            if parts.reloadable(registered):
                try:
                    parts.check(registered, change=self._section_change(key))
                except PluginError as error:
                    problems.append(Problem(key, str(error)))
        outcomes = await asyncio.gather(*(self._check_service(board, name) for name in self._services))
        for found in outcomes:
            problems += found
        if problems:
            raise SettingsError(locate(self._new, problems))

    async def apply(self, board: Switchboard, parts: Parts) -> None:
        """Phase 2; a plugin that fails here is logged, and the rest goes on."""
        board.limits = self._new.kernel.limits
        for key in self._sections:
            try:
                parts.reload(".".join(key), change=self._section_change(key))
            except PluginError:
                # It had agreed in phase 1; the others cannot be asked to go back now.
                log.exception("%s failed to take its new section", ".".join(key))
        await asyncio.gather(*(self._apply_service(board, name) for name in self._old.services))

    async def _apply_service(self, board: Switchboard, name: str) -> None:
        change = self._service_change(name) if name in self._services else None
        await board.services[name].reload(self._new.services[name], change)

    async def _check_service(self, board: Switchboard, name: str) -> list[Problem]:
        under = ("services", name)
        try:
            await asyncio.wait_for(board.services[name].check(self._service_change(name)), SILENCE)
        except SettingsError as error:
            return [attrs.evolve(problem, path=under + problem.path) for problem in error.problems]
        except asyncio.TimeoutError:
            return [Problem((*under, "config"), f"athena_config_check did not answer within {SILENCE:g} s")]
        except AthenaError as error:
            return [Problem((*under, "config"), str(error))]
        return []

    def _config_changed(self, name: str) -> bool:
        return self._old.services[name].config != self._new.services[name].config

    def _section_change(self, key: tuple[str, str]) -> Change:
        return Change(self._old.sections[key], self._new.sections[key], self._version)

    def _service_change(self, name: str) -> Change:
        return Change(self._old.services[name], self._new.services[name], self._version)

    def _fixed(self, parts: Parts) -> Iterable[Problem]:
        """What cannot change while the kernel runs, key by key."""
        yield from _differences(("kernel",), self._old.kernel, self._new.kernel, frozenset({"limits", "drain_timeout"}))
        old_limits, new_limits = self._old.kernel.limits, self._new.kernel.limits
        live = frozenset(attribute.name for attribute in attrs.fields(Limits)) - FIXED_LIMITS
        yield from _differences(("kernel", "limits"), old_limits, new_limits, live)
        yield from _tables(self._old.sections, self._new.sections)
        for key in self._sections:
            if not parts.reloadable(".".join(key)):
                yield Problem(key, f"{RESTART}: {'.'.join(key)} has no athena_config_reload")
        yield from _tables(_named(self._old.services), _named(self._new.services))
        for name, old in self._old.services.items():
            if name in self._new.services:
                yield from _differences(("services", name), old, self._new.services[name], LIVE)


def _named(services: Mapping[str, ServiceSettings]) -> Mapping[tuple[str, str], object]:
    return {("services", name): service for name, service in services.items()}


def _tables(old: Mapping[tuple[str, str], object], new: Mapping[tuple[str, str], object]) -> Iterable[Problem]:
    for key in old.keys() - new.keys():
        yield Problem(key, f"is gone from the file, and {RESTART}")
    for key in new.keys() - old.keys():
        yield Problem(key, f"is new, and {RESTART}")


def _differences(
    path: tuple[str, ...], old: KernelSettings | Limits | ServiceSettings, new: object, live: frozenset[str]
) -> Iterable[Problem]:
    for attribute in attrs.fields(type(old)):
        name = attribute.name
        if name not in live and getattr(old, name) != getattr(new, name):
            yield Problem((*path, name), RESTART)
