"""A kernel, as whoever starts or embeds it sees it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from athena.control import ControlSocket
from athena.errors import PluginRefused, Problem, SettingsError
from athena.interfaces import ConfigSource, Dispatcher, Session
from athena.models import Document, Endpoint, Reply, Request, ServiceView
from athena.plugins import Catalog
from athena.settings import Settings, locate, plugins_of
from athena.settings import read as read_settings
from athena.settings.problems import ordered

from .dialects import tell, translator
from .drain import Drain
from .edition import Edition
from .exposure import exposed
from .follow import follow
from .operations import Operations, opened
from .reload import Reload
from .running import Running
from .stopping import quietly

__all__ = ["Kernel"]

log = logging.getLogger("athena.kernel")

FAILED_START = 10.0
"""Seconds in which what was started is stopped again when something refuses."""


class Kernel:
    """Services, transports and everything between them, running.

    Attributes:
        dispatcher: The door of whoever embeds the kernel.
        settings: What is running.
        reloaded: Called with the settings after each reload.
    """

    dispatcher: Dispatcher
    settings: Settings

    def __init__(
        self, source: ConfigSource, wrappers: Mapping[str, object], catalog: Catalog, *, operated: bool = False
    ) -> None:
        """Args:
        operated: Whether ``kernel.control = "auto"`` means a socket.
        """
        self.reloaded: Callable[[Settings], None] = lambda settings: None
        self._operated = operated
        self._edition = Edition()
        self._control: ControlSocket | None = None
        self._source = source
        self._wrappers = dict(wrappers)
        self._catalog = catalog
        self._running: Running | None = None
        self._drain: Drain | None = None
        self._follower: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()
        self._reloading = asyncio.Lock()

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The bound addresses, with real ports."""
        return () if self._running is None else self._running.endpoints

    async def start(self) -> None:
        """Everything, in order; what was started is stopped again when something refuses.

        Raises:
            SettingsError: The configuration, or a plugin, was refused; every problem says where.
            OSError: An address cannot be bound.
        """
        try:
            await self._source.start()
            document = await self._source.read()
            self.settings = self.read(document)
            tell(self.settings)
            running = self._running = Running(self.settings, self._wrappers, self._catalog)
            self._edition.register(running.board.metrics)
            drain = self._drain = Drain(running, self._close)
            self.dispatcher = running.door("kernel")
            await running.start()
            self._edition.took(document)
            operations = Operations(running, self._edition, self.reload, lambda: drain.begin(lame_duck=True))
            self._control = await opened(self.settings.kernel, operations, operated=self._operated)
            watching = follow(self._source, lambda: self.settings.kernel.watch, self.reload)
            self._follower = asyncio.get_running_loop().create_task(watching, name="athena-follow")
            _say(self.settings, document, self.endpoints, operated=self._operated)
        except BaseException as error:
            if self._running is not None:
                await self._running.stop(FAILED_START)
            await quietly(self._source.stop())
            raise _explained(self._source, error) from error.__cause__

    def read(self, document: Document) -> Settings:
        """Settle a document as this kernel would run it.

        Raises:
            SettingsError: With every problem in it.
        """
        plugins = plugins_of(document)
        self._catalog = self._catalog.limited(plugins.allow, plugins.block)
        translate = translator(self._catalog, document)
        settings = read_settings(document, self._catalog.load, wrappers=tuple(self._wrappers), translate=translate)
        refused = [*_forbidden(settings, self._catalog), *exposed(settings)]
        if refused:
            raise SettingsError(ordered(locate(settings, refused)))
        folder = str(Path(document.origin).resolve().parent)
        tables = {name: table for (group, name), table in settings.sections.items() if group == "middleware"}
        services = {
            name: attrs.evolve(service, folder=folder, middleware_config=_chosen(tables, service.middleware))
            for name, service in settings.services.items()
        }
        return attrs.evolve(settings, services=services)

    async def once(self, service: str, request: Request) -> Reply:
        """One request, one reply; see :meth:`athena.interfaces.Dispatcher.once`."""
        return await self.dispatcher.once(_named(request, service))

    def stream(self, service: str, request: Request) -> AsyncGenerator[Reply, None]:
        """One request, many replies."""
        return self.dispatcher.stream(_named(request, service))

    async def open(self, service: str, request: Request | None = None, *, detached: bool = False) -> Session:
        """Begin a session."""
        opening = Request(service) if request is None else _named(request, service)
        return await self.dispatcher.open(opening, detached=detached)

    def services(self) -> Mapping[str, ServiceView]:
        """A snapshot of the services and their health."""
        return {} if self._running is None else self._running.board.views.latest()

    async def reload(self, document: Document | None = None, *, swap: Collection[str] = ()) -> tuple[str, ...]:
        """Take a new configuration, whole or not at all.

        Args:
            document: The new one; None reads the source again.
            swap: Services that get new workers in any case: their code may have changed where it lies.

        Returns:
            What changed, one sentence each.

        Raises:
            SettingsError: It was refused; what ran before runs on unchanged.
        """
        if self._running is None:
            raise RuntimeError("the kernel is not running")
        version = "" if document is None else document.version
        async with self._reloading:
            try:
                document = await self._source.read() if document is None else document
                version = document.version
                settings = self.read(document)
                change = Reload(self._running, settings, version, swap)
                await change.check()
            except SettingsError as error:
                self._edition.refused += 1
                told = _explained(self._source, error)
                log.warning("%s was refused, the running configuration stays: %s", _told(version), told)
                await self._source.feedback(version, False, str(told))
                raise told from error.__cause__
            changed = await change.apply()
            self.settings = settings
            self._edition.took(document)
            self.reloaded(settings)
            log.info("reloaded: %s runs: %s", _told(version), "; ".join(changed) or "nothing has changed")
            await self._source.feedback(version, True, "")
            return changed

    async def wait(self) -> None:
        """Returns when the kernel has stopped."""
        await self._stopped.wait()

    async def stop(self, timeout: float | None = None, *, lame_duck: bool = False) -> None:
        """Drain, then stop: what was accepted is finished within ``timeout`` seconds (default: ``drain_timeout``).

        A second call with ``timeout=0`` waits for nothing more. Everything is over 2 s after the timeout.

        Args:
            lame_duck: Whether to take new work for the first ``kernel.lame_duck`` of those seconds.
        """
        if self._drain is not None:
            await asyncio.shield(self._drain.begin(timeout, lame_duck=lame_duck))

    async def _close(self) -> None:
        """The last steps: whoever waits for our end at the control socket sees it now."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.wait([self._follower])
        await quietly(self._source.stop())
        if self._control is not None:
            await self._control.stop()
        self._stopped.set()


def _say(settings: Settings, document: Document, endpoints: tuple[Endpoint, ...], *, operated: bool) -> None:
    """What began, for whoever reads the log afterwards."""
    services, places = ", ".join(settings.services) or "nothing", " ".join(endpoint.url for endpoint in endpoints)
    origin = f"{document.origin}, version {document.version:.12}" if document.version else document.origin
    log.info("serving %s at %s; configuration: %s", services, places or "no address", origin)
    if operated and not endpoints:
        log.warning("no transport is configured: nobody can call this kernel; add a table [transports.<name>]")


def _explained(source: ConfigSource, error: BaseException) -> BaseException:
    """A refusal as the source's user wrote what is wrong; any other error as it is."""
    return source.explain(error) if isinstance(error, SettingsError) else error


def _forbidden(settings: Settings, catalog: Catalog) -> Iterator[Problem]:
    """Wrappers and middleware are loaded where they live; what ``[plugins]`` says of them is judged here."""
    for name, service in settings.services.items():
        wanted = [("wrapper", "wrappers", service.wrapper)]
        wanted += [("middleware", "middleware", used) for used in service.middleware]
        for key, group, plugin in wanted:
            try:
                catalog.permit(group, plugin)
            except PluginRefused as error:
                yield Problem(("services", name, key), str(error))


def _chosen(tables: Mapping[str, object], names: tuple[str, ...]) -> dict[str, Mapping[str, Any]]:
    """The middleware tables of those names; Any: settled where the wrapper lives."""
    chosen = {name: tables.get(name) for name in names}
    return {name: table if isinstance(table, Mapping) else {} for name, table in chosen.items()}


def _named(request: Request, service: str) -> Request:
    """The request, for that service; most name it already, and a copy costs more than a tenth of a call."""
    return request if request.service == service else attrs.evolve(request, service=service)


def _told(version: str) -> str:
    """A configuration for the log; what a command line says has no version."""
    return f"configuration {version[:12]}" if version else "the configuration"
