"""A new configuration in two phases: everybody checks and warms up, and one refusal refuses all; then all take it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Collection
from pathlib import PurePath

import attrs

from athena.errors import AthenaError, PluginError, ServiceError, SettingsError
from athena.models import ServiceSettings
from athena.service import Generation, Service
from athena.settings import Problem, Settings, locate
from athena.settings.problems import ordered, refusal

from .changes import RESTART, Changes, Way
from .running import Running

__all__ = ["Reload"]

log = logging.getLogger("athena.kernel")

SILENCE = 5.0
"""Seconds a check may take; silence refuses."""


class Reload:
    """From the running settings to new ones, or a refusal that changes nothing."""

    def __init__(self, running: Running, new: Settings, version: str, swap: Collection[str] = ()) -> None:
        """Args:
        swap: Services that get a new generation although nothing of theirs may have changed.
        """
        self._running = running
        self._swap = swap
        self._changes = Changes(running.settings, new, version, swap)
        self._warm: dict[str, Generation] = {}
        self._added: dict[str, Service] = {}
        self._cold: dict[str, str] = {}

    async def check(self) -> None:
        """Phase 1.

        Raises:
            SettingsError: Every reason why not, each at its line of the new document.
        """
        changes, parts = self._changes, self._running.parts
        problems = [*changes.fixed(), *self._unswappable()]
        for key in changes.sections:
            registered = ".".join(key)
            if not parts.reloadable(registered):
                problems.append(Problem(key, f"{RESTART}: {registered} has no athena_config_reload"))
                continue
            try:
                parts.check(registered, change=changes.of_section(key))
            except PluginError as error:
                problems.append(Problem(key, str(error)))
        asked = [name for name, way in changes.ways.items() if way is Way.CONFIG]
        for found in await asyncio.gather(*(self._check_service(name) for name in asked)):
            problems += found
        self._refuse(problems)
        await self._warm_up()

    async def apply(self) -> tuple[str, ...]:
        """Phase 2; a plugin that fails here is logged, and the rest goes on.

        Returns:
            What has changed, one sentence each.
        """
        running, changes = self._running, self._changes
        running.settle(changes.new)
        for key in changes.sections:
            try:
                running.parts.reload(".".join(key), change=changes.of_section(key))
            except PluginError:
                # It had agreed in phase 1; the others cannot be asked to go back now.
                log.exception("%s failed to take its new section", ".".join(key))
        for name in changes.removed:
            running.roster.remove(name)
        for service in self._added.values():
            running.roster.add(service)
        await asyncio.gather(*(self._settle(name) for name in changes.ways))
        if changes.added or changes.removed:
            await running.announce()
        still = [f"services.{name}: still not ready: {why}" for name, why in self._cold.items()]
        return (*changes.sentences(), *still)

    async def _settle(self, name: str) -> None:
        service, table = self._running.board.services[name], self._changes.new.services[name]
        service.settle(table, self._warm.get(name))
        failed = name not in self._warm and not service.view().health.ready
        if self._changes.ways[name] is Way.CONFIG or failed:
            try:
                await service.executor.reload(self._changes.of_service(name))
            except AthenaError as error:
                log.error("services.%s: the new configuration was not taken by what runs: %s", name, error)

    async def _check_service(self, name: str) -> list[Problem]:
        """Ask what runs; where it cannot be given a new table, a new generation is started on it."""
        under = ("services", name)
        executor = self._running.board.services[name].executor
        try:
            if not await asyncio.wait_for(executor.check(self._changes.of_service(name)), SILENCE):
                self._changes.ways[name] = Way.SWAP
                return [*self._unswappable([name])]
        except SettingsError as error:
            return [attrs.evolve(problem, path=under + problem.path) for problem in error.problems]
        except asyncio.TimeoutError:
            return [Problem((*under, "config"), f"athena_config_check did not answer within {SILENCE:g} s")]
        except AthenaError as error:
            return [Problem((*under, "config"), str(error))]
        return []

    def _unswappable(self, names: Collection[str] = ()) -> list[Problem]:
        """What no new generation can be made of, and names that nobody serves."""
        services = self._changes.new.services
        problems = [
            Problem(("services", name), "no such service to swap") for name in self._swap if name not in services
        ]
        for name in names or [name for name, way in self._changes.ways.items() if way is Way.SWAP]:
            why = self._running.roster.unswappable(name)
            if not why and name in self._swap and _is_bound(services[name]):
                why = (
                    "the thread executor runs in the kernel's own process, which cannot load another version of a "
                    'module; use executor = "process", or restart'
                )
            if why:
                problems.append(Problem(("services", name), why))
        return problems

    async def _warm_up(self) -> None:
        """Start every new generation; one that does not come up is named, and all are let go again."""
        changes, services = self._changes, self._running.board.services
        wanted = [name for name, way in changes.ways.items() if way is Way.SWAP]
        # What never came up is tried again, and is no reason to refuse what others need.
        again = [name for name in changes.ways if name not in wanted and services[name].generations.current.failure]
        problems: list[Problem] = []
        try:
            starting: dict[str, Awaitable[None]] = {}
            for name in (*wanted, *changes.added, *again):
                try:
                    starting[name] = await self._begin(name)
                except PluginError as error:
                    problems.append(Problem(("services", name, "executor"), str(error)))
            outcomes = await asyncio.gather(*starting.values(), return_exceptions=True)
            for name, outcome in zip(starting, outcomes, strict=True):
                if isinstance(outcome, BaseException) and name in again:
                    self._cold[name] = str(outcome)
                    await self._warm.pop(name).executor.stop()
                elif isinstance(outcome, BaseException):
                    problems += _why(name, outcome)
            if self._running.board.draining:
                problems.append(Problem((), "the kernel is stopping"))
            self._refuse(problems)
        except BaseException:
            await self._abandon()
            raise

    async def _begin(self, name: str) -> Awaitable[None]:
        """Make a generation; what is returned warms it up."""
        table, roster = self._changes.new.services[name], self._running.roster
        await roster.lend(table.executor, self._changes.new.kernel.limits)
        if name in self._changes.added:
            self._added[name] = roster.made(table, self._changes.new)
            return self._added[name].start()
        resources = self._running.board.services[name].resources
        self._warm[name] = Generation(table, roster.executor(table, self._changes.new), resources)
        return self._warm[name].start()

    async def _abandon(self) -> None:
        """Let the new generations go."""
        made = [one.executor for one in self._warm.values()] + [one.executor for one in self._added.values()]
        self._warm.clear()
        self._added.clear()
        await asyncio.gather(*(executor.stop() for executor in made), return_exceptions=True)

    def _refuse(self, problems: list[Problem]) -> None:
        if problems:
            raise SettingsError(ordered(locate(self._changes.new, problems)))


def _is_bound(table: ServiceSettings) -> bool:
    """Whether its wrapper is a module of this process, which Python imports once."""
    return table.executor == "thread" and PurePath(table.wrapper).suffix != ".py"


def _why(name: str, outcome: BaseException) -> list[Problem]:
    """Why a generation did not come up."""
    under = ("services", name)
    if isinstance(outcome, SettingsError):
        return [attrs.evolve(problem, path=under + problem.path) for problem in outcome.problems]
    if isinstance(outcome, PluginError):
        problem = refusal(outcome)
        return [attrs.evolve(problem, path=under + problem.path)]
    if isinstance(outcome, ServiceError):
        return [Problem(under, str(outcome))]
    raise outcome
