"""``athena.start``: one object that starts a kernel in an event loop, or in a thread of its own for plain scripts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from athena.client import BlockingSession, LoopThread
from athena.interfaces import ConfigSource
from athena.models import Document, Endpoint, Reply, Request, ServiceView
from athena.plugins import Catalog
from athena.settings.source import FileSource

from .house import Kernel

__all__ = ["BlockingKernel", "Start", "start"]


def start(
    source: str | Path | Document | ConfigSource | None = None,
    *,
    wrappers: Mapping[str, object] | None = None,
    plugins: Mapping[str, type] | None = None,
    operated: bool = False,
) -> Start:
    """Start a kernel.

    Args:
        source: A path, a URL whose scheme names a plugin of group ``athena.sources``, a document, or a source of one's
            own; None for none.
        wrappers: Services given in code: name → wrapper class or object. They run in threads of this process.
        plugins: Plugin classes given in code: ``{"transports.mine": Mine}``; the toml still switches them on.
        operated: A program of its own, as ``athena run`` is: it has a control socket although the toml names none.

    Returns:
        What ``async with`` makes a :class:`Kernel` and ``with`` makes a :class:`BlockingKernel`.
    """
    return Start(source, wrappers or {}, plugins or {}, operated)


class Start:
    """A kernel that is about to start."""

    def __init__(
        self,
        source: str | Path | Document | ConfigSource | None,
        wrappers: Mapping[str, object],
        plugins: Mapping[str, type],
        operated: bool = False,
    ) -> None:
        self._source = source
        self._wrappers = wrappers
        self._catalog = Catalog(plugins)
        self._operated = operated
        self._kernel: Kernel | None = None
        self._thread: LoopThread | None = None

    async def __aenter__(self) -> Kernel:
        source = _source(self._source, self._catalog)
        kernel = Kernel(source, self._wrappers, self._catalog, operated=self._operated)
        await kernel.start()
        self._kernel = kernel
        return kernel

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._kernel is not None:
            await self._kernel.stop()

    def __await__(self) -> Generator[object, None, Kernel]:
        """``kernel = await start(…)``, for those who stop it themselves."""
        return self.__aenter__().__await__()

    def __enter__(self) -> BlockingKernel:
        self._thread = LoopThread()
        try:
            self._kernel = self._thread.run(self.__aenter__())
        except BaseException:
            self._thread.close()
            raise
        return BlockingKernel(self._kernel, self._thread)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._thread is not None and self._kernel is not None:
            try:
                self._thread.run(self._kernel.stop())
            finally:
                self._thread.close()


class BlockingKernel:
    """A kernel for scripts: its loop runs in a thread of its own, and every call waits."""

    def __init__(self, kernel: Kernel, thread: LoopThread) -> None:
        self._kernel = kernel
        self._thread = thread

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The bound addresses."""
        return self._kernel.endpoints

    def once(self, service: str, request: Request) -> Reply:
        """One request, one reply."""
        return self._thread.run(self._kernel.once(service, request))

    def stream(self, service: str, request: Request) -> Iterator[Reply]:
        """One request, many replies; leaving the loop early cancels."""
        return self._thread.iterate(self._kernel.stream(service, request))

    @contextmanager
    def open(self, service: str, request: Request | None = None) -> Iterator[BlockingSession]:
        """A session, closed at the end of the ``with``."""
        session = BlockingSession(self._thread.run(self._kernel.open(service, request)), self._thread)
        try:
            yield session
        finally:
            session.close()

    def services(self) -> Mapping[str, ServiceView]:
        """A snapshot of the services and their health."""
        return self._kernel.services()


class _Given(ConfigSource):
    """A document given in code."""

    def __init__(self, document: Document) -> None:
        self._document = document

    async def read(self) -> Document:
        return self._document

    async def watch(self) -> AsyncIterator[Document]:
        """Never: nobody else can change it."""
        await asyncio.get_running_loop().create_future()
        yield self._document

    async def feedback(self, version: str, ok: bool, reason: str) -> None:
        """Whoever reloads is told by the call itself."""


def _source(source: str | Path | Document | ConfigSource | None, catalog: Catalog) -> ConfigSource:
    if source is None:
        return _Given(Document("", origin="aiges.toml"))
    if isinstance(source, Document):
        return _Given(source)
    if isinstance(source, str | Path):
        return _named(str(source), catalog)
    return source


def _named(text: str, catalog: Catalog) -> ConfigSource:
    scheme, separator, _ = text.partition("://")
    if not separator:
        return FileSource(FileSource.Section(path=text))
    cls = catalog.load("sources", scheme)
    made: ConfigSource = cls(cls.Section.from_url(text))
    return made
