"""The services of one kernel: made, started together, added and removed while it runs, stopped."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping

from athena.dispatcher import Switchboard
from athena.errors import PluginError, Problem, ServiceError, SettingsError
from athena.executors.thread import ThreadExecutor
from athena.interfaces import Executor, ExecutorFactory, Registry
from athena.models import Endpoint, Instance, Limits, ServiceSettings
from athena.plugins import Catalog
from athena.service import Service
from athena.settings import Settings, locate
from athena.settings.problems import ordered, refusal

from .parts import Parts
from .stopping import quietly

__all__ = ["Roster"]

log = logging.getLogger("athena.kernel")


class Roster:
    """Fills a switchboard with services.

    Attributes:
        board: Where they are found.
    """

    def __init__(self, board: Switchboard, parts: Parts, wrappers: Mapping[str, object], catalog: Catalog) -> None:
        """Args:
        wrappers: What is given in code.
        """
        self.board = board
        self._parts = parts
        self._wrappers = wrappers
        self._catalog = catalog
        self._retiring: set[asyncio.Task[None]] = set()
        self._instances: dict[str, Instance] = {}

    async def start(self, settings: Settings) -> None:
        """All at once: a slow model does not hold up the others; every refusal is told, not only the first.

        Raises:
            SettingsError: A wrapper was refused. One that only takes too long is not ready, and the others serve.
        """
        for table in settings.services.values():
            if table.batch is not None and table.concurrency < table.batch.max_size:
                text = "services.%s.max_concurrency = %d: a batch will never hold more calls; its max_size is %d"
                log.warning(text, table.name, table.concurrency, table.batch.max_size)
            self.add(self.made(table, settings))
        services = list(self.board.services.values())
        outcomes = await asyncio.gather(*(service.start() for service in services), return_exceptions=True)
        problems: list[Problem] = []
        for service, outcome in zip(services, outcomes, strict=True):
            name = service.settings.name
            if isinstance(outcome, SettingsError):
                problems += locate(settings, outcome.problems, ("services", name))
            elif isinstance(outcome, PluginError):
                problems += locate(settings, [refusal(outcome)], ("services", name))
            elif isinstance(outcome, ServiceError):
                log.error("%s is not ready: %s", name, outcome)
            elif outcome is not None:
                raise outcome
        if problems:
            raise SettingsError(ordered(problems))

    def made(self, table: ServiceSettings, settings: Settings) -> Service:
        """A service, not started; nobody finds it yet."""
        executor, changed = self.executor(table, settings), self.board.views.changed
        return Service(table, executor, self.board.clock, changed, settings.kernel.debug)

    def executor(self, table: ServiceSettings, settings: Settings) -> Executor:
        """What is to run a service, not started."""
        limits, changed = settings.kernel.limits, self.board.views.changed
        if table.name in self._wrappers:
            wrapper, figures = self._wrappers[table.name], self.board.metrics
            return ThreadExecutor(table, limits, changed, wrapper, self._catalog, figures)
        factory = self._parts.find(ExecutorFactory, table.executor)
        context = self._parts.contexts[f"executors.{table.executor}"]
        return factory.create(table, settings.executors.get(table.name), context, changed)

    async def lend(self, name: str, limits: Limits) -> None:
        """Have an executor's plugin at hand although no service had named it at the start.

        Raises:
            PluginError: It cannot be had.
        """
        for factory in self._parts.lend(name, self._catalog, limits):
            await factory.start()

    def unswappable(self, name: str) -> str:
        """Why no second executor of a service can be made beside the first; "" where one can."""
        if name in self._wrappers and not isinstance(self._wrappers[name], type):
            return "its wrapper is an object given in code, and there is only one of it; restart the kernel"
        return ""

    def add(self, service: Service) -> None:
        """Serve it from now on."""
        self.board.services[service.settings.name] = service
        self.board.views.changed()

    def remove(self, name: str) -> None:
        """Nobody new finds it; what it has accepted is finished, and then it is stopped."""
        service = self.board.retired[name] = self.board.services.pop(name)
        self.board.views.changed()
        task = asyncio.get_running_loop().create_task(self._retire(service), name=f"athena-remove-{name}")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def announce(self, kernel: str, endpoints: tuple[Endpoint, ...]) -> None:
        """Tell the registries which services there are now."""
        services = self.board.services
        registries = self._parts.all(Registry)
        if self._instances.keys() - services.keys():
            # A registry takes everything of ours back, or nothing: those that stay come again at once.
            for registry in registries:
                await quietly(registry.withdraw())
            self._instances.clear()
        for name in services.keys() - self._instances.keys():
            self._instances[name] = Instance(f"{kernel}-{uuid.uuid4()}", name, endpoints)
            for registry in registries:
                await registry.announce(self._instances[name])

    async def stop(self, grace: float) -> None:
        """Stop them all, removed ones too, whatever they still have, within ``grace`` seconds."""
        services = [*self.board.services.values(), *self.board.retired.values()]
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*(quietly(service.generations.stop(0.8 * grace), grace) for service in services))

    async def _retire(self, service: Service) -> None:
        await quietly(service.retire())
        if self.board.retired.get(service.settings.name) is service:
            del self.board.retired[service.settings.name]
