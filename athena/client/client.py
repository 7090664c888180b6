"""A client: one channel, chosen by the URL, with the names people use."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from types import TracebackType

import attrs

from athena.interfaces import Channel, Session
from athena.models import ChannelOptions, Description, Reply, Request
from athena.plugins import Catalog

from .blocking import BlockingSession, LoopThread
from .resources import BlockingResources, ClientResources

__all__ = ["BlockingClient", "Client", "channel"]


def channel(url: str, options: ChannelOptions | None = None, catalog: Catalog | None = None) -> Channel:
    """The channel for a URL, not started.

    Raises:
        ValueError: It has no scheme.
        PluginMissing: No installed transport serves the scheme; the text names those that are.
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        raise ValueError(f"{url!r} has no scheme; expected scheme://host:port")
    cls = (Catalog() if catalog is None else catalog).load("channels", scheme.lower())
    made: Channel = cls(url, ChannelOptions() if options is None else options)
    return made


class Client:
    """Calls services at one URL.

    ``async with`` gives the client itself, ``with`` a :class:`BlockingClient`::

        async with athena.Client("http://127.0.0.1:8080") as client:
            reply = await client.once("ocr", Request("", parts=(Part("data", page, Kind.IMAGE),)))

    Attributes:
        resources: The personalised resources of services.
    """

    def __init__(self, url: str, options: ChannelOptions | None = None) -> None:
        """Args:
        url: Where; its scheme chooses the wire.
        options: Credentials, time-outs, TLS.
        """
        self.url = url
        self.resources = ClientResources(lambda: self.channel)
        self._options = options
        self._channel: Channel | None = None
        self._thread: LoopThread | None = None

    async def __aenter__(self) -> Client:
        made = channel(self.url, self._options)
        await made.start()
        self._channel = made
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._channel is not None:
            await self._channel.stop()
            self._channel = None

    def __enter__(self) -> BlockingClient:
        self._thread = LoopThread()
        try:
            self._thread.run(self.__aenter__())
        except BaseException:
            self._thread.close()
            raise
        return BlockingClient(self, self._thread)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._thread is not None:
            try:
                self._thread.run(self.__aexit__(kind, error, traceback))
            finally:
                self._thread.close()

    @property
    def channel(self) -> Channel:
        """The channel under it, for what the client has no name for (detached sessions, health)."""
        if self._channel is None:
            raise RuntimeError(f"the client of {self.url} is not open; use it in `async with` or `with`")
        return self._channel

    async def once(self, service: str, request: Request) -> Reply:
        """One request, one reply.

        Raises:
            ServiceError: The fault, as the server said it.
        """
        return await self.channel.once(attrs.evolve(request, service=service))

    def stream(self, service: str, request: Request) -> AsyncGenerator[Reply, None]:
        """One request, many replies."""
        return self.channel.stream(attrs.evolve(request, service=service))

    async def open(self, service: str, request: Request | None = None) -> Session:
        """An attached session; close it when done."""
        return await self.channel.open(Request(service) if request is None else attrs.evolve(request, service=service))

    async def describe(self, service: str) -> Description:
        """What the service takes and gives."""
        return await self.channel.describe(service)


class BlockingClient:
    """A client for scripts: its loop runs in a thread of its own, and every call waits.

    Attributes:
        resources: The personalised resources of services.
    """

    def __init__(self, client: Client, thread: LoopThread) -> None:
        self.resources = BlockingResources(client.resources, thread)
        self._client = client
        self._thread = thread

    def once(self, service: str, request: Request) -> Reply:
        """One request, one reply."""
        return self._thread.run(self._client.once(service, request))

    def stream(self, service: str, request: Request) -> Iterator[Reply]:
        """One request, many replies; leaving the loop early cancels."""
        return self._thread.iterate(self._client.stream(service, request))

    @contextmanager
    def open(self, service: str, request: Request | None = None) -> Iterator[BlockingSession]:
        """A session, closed at the end of the ``with``."""
        session = BlockingSession(self._thread.run(self._client.open(service, request)), self._thread)
        try:
            yield session
        finally:
            session.close()

    def describe(self, service: str) -> Description:
        """What the service takes and gives."""
        return self._thread.run(self._client.describe(service))
