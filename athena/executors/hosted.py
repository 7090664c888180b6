"""A wrapper on threads of this process: loaded, started, reloaded, replaced, let go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from athena.errors import AthenaError, Fault, PluginBroken, ServiceError
from athena.models import Description, Health, Limits, Resource, ServiceSettings, WrapperContext
from athena.plugins import Catalog, Hooks, load_wrapper

from .batch import Counted, nobody
from .bundles import Bundles, gathers
from .departures import Departures
from .engine import Engine
from .losses import Losses
from .mailbox import Mailbox
from .shelf import HostedShelf
from .sinks import ThreadSession
from .solo import Solo

__all__ = ["Hosted"]

log = logging.getLogger("athena.thread")

STOP_GRACE = 5.0
"""Seconds a running hook may take when the wrapper is let go or reloaded."""


class Hosted:
    """One wrapper and its engine.

    Attributes:
        health: How it is.
        mailbox: The way from its threads to the loop.
        departures: The way from the loop to its threads.
        sessions: Those that are open.
        bundles: Calls that are gathered into batches; None where none are.
        losses: Threads that hooks do not give back.
        refusal: What callers are told when all of them are lost.
        shelf: The resources it has.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        limits: Limits,
        changed: Callable[[], None],
        wrapper: object | None,
        catalog: Catalog | None = None,
        counted: Counted = nobody,
    ) -> None:
        self.health = Health(False, "starting", {"starting": 1})
        self.mailbox = Mailbox(asyncio.get_running_loop())
        self.departures = Departures(asyncio.get_running_loop())
        self.sessions: set[ThreadSession] = set()
        self._settings = settings
        self._limits = limits
        self._changed = changed
        self._wrapper = settings.wrapper if wrapper is None else wrapper
        self._catalog = catalog
        self._main = Solo(settings.name, self.mailbox)
        self._engine: Engine | None = None
        self.bundles: Bundles | None = None
        self._counted = counted
        self.losses: Losses | None = None
        self.refusal: ServiceError | None = None
        self.shelf = HostedShelf(self._main, self._alone, lambda: self.engine.hooks, settings.init_timeout)

    @property
    def engine(self) -> Engine:
        """What runs the hooks.

        Raises:
            ServiceError: UNAVAILABLE, while there is none; OVERLOADED, while none of its threads is left.
        """
        if self.refusal is not None and self.losses is not None:
            raise self.losses.refusal() or self.refusal  # one for each: an exception gathers its callers' frames
        if self._engine is None:
            raise ServiceError(Fault.UNAVAILABLE, f"{self._settings.name} is not running: {self.health.reason}")
        return self._engine

    @property
    def reloadable(self) -> bool:
        """Whether the wrapper that runs takes a new table."""
        return self._engine is not None and "athena_config_reload" in self._engine.hooks.names

    async def start(self) -> Description:
        """Load and initialise the wrapper, on its main thread.

        Raises:
            PluginError, SettingsError: The wrapper was refused.
            ServiceError: UNAVAILABLE, when that took longer than ``init_timeout``.
        """
        self._main.start()
        return await self._begin()

    async def check(self, settings: ServiceSettings, version: str) -> None:
        """Phase 1 of a reload."""
        await self._main.run(partial(self._alone, partial(self.engine.hooks.check, settings.config, version)))

    async def reload(self, settings: ServiceSettings, version: str) -> None:
        """Phase 2: a wrapper that fails here is replaced by one that starts on the new configuration."""
        self._settings = settings
        hooks = self.engine.hooks
        try:
            await self._main.run(partial(self._alone, partial(hooks.reload, settings.config, version)))
        except AthenaError:
            log.exception("%s: the wrapper failed to take its new config; a new one is started", settings.name)
            # Once the old one has let go: given as an object, it is the same one.
            await self._let_go(Health(False, "replacing the wrapper", {"starting": 1}), Fault.WORKER_LOST)
            try:
                await self._begin()
            except AthenaError as error:
                self._turn(Health(False, str(error), {"failed": 1}))

    def settle(self, settings: ServiceSettings) -> None:
        """Take new limits for batches, live."""
        self._settings = settings
        if self.bundles is not None and settings.batch is not None:
            self.bundles.gatherer.settle(settings.batch)
            self.engine.settle(settings.batch)

    async def stop(self, grace: float | None = None) -> None:
        """End the sessions, let running calls finish, and the wrapper go; what hangs longer is left behind."""
        await self._let_go(Health(False, "stopped"), Fault.UNAVAILABLE, grace)
        self._main.stop()

    async def _begin(self) -> Description:
        settings = self._settings
        load = partial(_loaded, self._wrapper, settings, self._limits, self._catalog, tuple(self.shelf.held.values()))
        try:
            hooks = await asyncio.wait_for(self._main.run(load), settings.init_timeout)
        except asyncio.TimeoutError:
            text = f"services.{settings.name}: athena_init took longer than init_timeout = {settings.init_timeout:g} s"
            raise ServiceError(Fault.UNAVAILABLE, text) from None
        # Threads share their memory: ``workers`` only adds threads.
        threads = settings.threads * settings.workers
        self._engine = Engine(hooks, settings.name, threads, max_message=self._limits.max_message)
        self._engine.start()
        if settings.batch is not None:
            self._engine.settle(settings.batch)
            self.bundles = Bundles(self._engine, settings.batch, threads, self.mailbox, self._counted)

        def turn(health: Health) -> None:
            if self.losses is losses:  # what an engine that was let go has lost concerns nobody
                self._turn(health)

        patience = self._limits.default_deadline
        losses = self.losses = Losses(settings.name, threads, settings.grace, patience, self._engine.stacks, turn)
        self._turn(losses.health())
        return hooks.description

    async def _let_go(self, health: Health, reason: Fault, grace: float | None = None) -> None:
        closing = [asyncio.ensure_future(session.close(reason)) for session in list(self.sessions)]
        if closing:
            await asyncio.wait(closing, timeout=None if grace is None else 0.4 * grace)
        self.departures.leave()
        bundles, self.bundles = self.bundles, None
        if bundles is not None:
            bundles.flush()
        engine, self._engine, self.losses = self._engine, None, None
        self._turn(health)
        if engine is None:
            return
        if await self._main.run(partial(engine.stop, STOP_GRACE if grace is None else 0.4 * grace)):
            await self._main.run(engine.hooks.fini)
        else:
            log.warning("%s: a hook still runs; its thread is left behind", self._settings.name)

    def _alone(self, action: Callable[[], object]) -> None:
        """Run with no hook running beside."""
        with self.engine.alone(STOP_GRACE) as calm:
            if not calm:
                text = f"services.{self._settings.name}: a hook ran on for {STOP_GRACE:g} s; nothing was changed"
                raise PluginBroken(text)
            action()

    def _turn(self, health: Health) -> None:
        self.health = health
        self.refusal = None if self.losses is None else self.losses.refusal()
        self._changed()


def _loaded(
    wrapper: object,
    settings: ServiceSettings,
    limits: Limits,
    catalog: Catalog | None,
    resources: Sequence[Resource],
) -> Hooks:
    hooks = load_wrapper(
        wrapper,
        service=settings.name,
        config=settings.config,
        middleware=settings.middleware_config,
        folder=Path(settings.folder),
        catalog=catalog,
    )
    gathers(settings, hooks.description)
    hooks.init(WrapperContext(settings.name, (), limits))
    for resource in resources:
        hooks.resource_load(resource)
    return hooks
