"""A dispatcher and a context that stand in for the kernel's: a transport is asked alone how it says what went wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from types import MappingProxyType

from attrs import field, frozen

from athena.errors import Fault, ServiceError
from athena.interfaces import Dispatcher, Figures, PluginContext, Session
from athena.models import (
    ANONYMOUS,
    Attempt,
    Description,
    Health,
    Limits,
    Part,
    Principal,
    Reply,
    Request,
    Resource,
    ResourceView,
    ServiceSettings,
    ServiceView,
    Stage,
)
from athena.telemetry import Metrics

__all__ = ["StandIn", "StandInContext"]

SERVICE = "standin"


class StandIn(Dispatcher):
    """Answers every call with the error it is given; ``where`` says from which operation on.

    Attributes:
        error: What is raised; None answers well.
        loaded: The resource that came last.
        where: ``call`` raises at once, ``later`` after a first item or in a session's first read.
    """

    guarded = True

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.where = "call"
        self.loaded: Resource | None = None
        self._opened = StandInSession(self)

    async def authenticate(self, attempt: Attempt) -> Principal:
        """Anybody."""
        return ANONYMOUS

    async def once(self, request: Request) -> Reply:
        """The parts again, or the error."""
        _raise(self, "call")
        return Reply(request.parts)

    async def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        """One item, and the end or the error."""
        _raise(self, "call")
        yield Reply((Part.from_text("item", "0"),))
        _raise(self, "later")

    async def open(self, request: Request, *, detached: bool, alias: str | None = None) -> Session:
        """A session, or the error."""
        _raise(self, "call")
        self._opened = StandInSession(self)
        return self._opened

    def session(self, key: str, principal: Principal) -> Session:
        """The session opened last, or the error."""
        _raise(self, "call")
        return self._opened

    async def load(self, service: str, resource: Resource, principal: Principal) -> None:
        """Remember what came last, or the error."""
        _raise(self, "call")
        self.loaded = resource

    async def unload(self, service: str, resource_id: str, principal: Principal) -> None:
        """Nothing, or the error."""
        _raise(self, "call")

    def resources(self, service: str, principal: Principal) -> tuple[ResourceView, ...]:
        """None, or the error."""
        _raise(self, "call")
        return ()

    def services(self) -> Mapping[str, ServiceView]:
        """One service."""
        operations = frozenset({"once", "session", "read"})
        view = ServiceView(SERVICE, Description(operations=operations), Health(True), ServiceSettings(SERVICE))
        return MappingProxyType({SERVICE: view})

    async def changes(self) -> AsyncIterator[Mapping[str, ServiceView]]:
        """The services now; nothing changes."""
        yield self.services()
        await asyncio.Event().wait()

    def metrics(self) -> bytes:
        """None."""
        return b""


def _raise(dispatcher: StandIn, where: str) -> None:
    if dispatcher.error is not None and dispatcher.where == where:
        raise dispatcher.error


class StandInSession(Session):
    """Ends with the error as soon as it was written to."""

    def __init__(self, dispatcher: StandIn) -> None:
        self.sid = "standin-sid"
        self._dispatcher = dispatcher
        self._written = asyncio.Event()
        self._told = False

    async def write(self, request: Request) -> None:
        """Now there is something to read."""
        self._written.set()

    async def read(self, wait: float | None = None) -> Reply:
        """The end, or the error."""
        try:
            await asyncio.wait_for(self._written.wait(), wait)
        except asyncio.TimeoutError:
            return Reply()
        if self._told:
            raise ServiceError(Fault.SESSION_CLOSED, "the session has ended")
        self._told = True
        _raise(self._dispatcher, "later")
        return Reply((), Stage.END)

    async def close(self, reason: Fault | None = None) -> None:
        """Nothing to free."""


@frozen
class StandInContext(PluginContext):
    """What a plugin is given by a contract that drives it without a kernel."""

    name: str
    dispatcher: Dispatcher
    limits: Limits = field(factory=Limits)
    log: logging.Logger = field(factory=lambda: logging.getLogger("athena.testing"))
    figures: Figures = field(factory=Metrics)

    def find(self, protocol: type[object], name: str | None = None) -> object:  # type: ignore[override]
        """There are no other plugins.

        Raises:
            LookupError: Always.
        """
        raise LookupError(f"{self.name} runs alone, without a kernel: there is no {protocol.__name__}")
