"""What takes calls: the dispatcher behind every transport, executors, channels, and their sessions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from athena.errors import Fault, ServiceError
    from athena.models import (
        Attempt,
        Change,
        Description,
        Health,
        Principal,
        Reply,
        Request,
        Resource,
        ResourceView,
        ServiceSettings,
        ServiceView,
        WorkerView,
    )

__all__ = ["Channel", "Dispatcher", "Executor", "Resources", "Session", "Shelf"]


class Session(Protocol):
    """One session, seen from any room: dispatcher, executor or channel."""

    sid: str

    async def write(self, request: Request) -> None:
        """Give the wrapper more; returns when accepted, and waiting here is the back-pressure.

        Its service, sid, deadline, principal and cancellation are the session's own: a write's are not looked at.
        A write whose parts have all ended half-closes the session once every stream seen so far has ended. A write of
        one empty part with the key "" and stage END half-closes it at once (:data:`athena.models.END_MARK`).

        Raises:
            ServiceError: Refusals only: BAD_REQUEST, TOO_LARGE, OUT_OF_ORDER, SESSION_CLOSED. What the wrapper raises
                is the session's terminal event and comes out of ``read``.
        """

    async def read(self, wait: float | None = None) -> Reply:
        """The next reply, in order; one reader.

        Args:
            wait: Seconds to wait; None waits until there is one. When they pass, a reply without parts comes back.

        Raises:
            ServiceError: The session's terminal fault, once; SESSION_CLOSED after the terminal event.
        """

    async def close(self, reason: Fault | None = None) -> None:
        """End it and free everything; idempotent, never raises."""


class Dispatcher(Protocol):
    """The door behind every transport."""

    @property
    def guarded(self) -> bool:
        """Whether callers have to say who they are; where not, each is ``ANONYMOUS``, and nobody need be asked."""

    async def authenticate(self, attempt: Attempt) -> Principal:
        """Who is it? Called once for every method of every transport that is guarded, before the body is decoded.

        Raises:
            ServiceError: UNAUTHENTICATED.
        """

    async def once(self, request: Request) -> Reply:
        """One request, one reply; an iterator's replies are joined, up to ``max_message``."""

    def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        """One request, many replies; a plain reply is a stream of one. ``aclose()`` cancels."""

    async def open(self, request: Request, *, detached: bool, alias: str | None = None) -> Session:
        """Begin a session; the request has no parts, the kernel mints the sid.

        Args:
            detached: True lets later calls of the same principal find it by ``sid`` or ``alias``.
            alias: The client's own id.
        """

    def session(self, key: str, principal: Principal) -> Session:
        """A detached session, by sid or by an alias of the same principal.

        Raises:
            ServiceError: NOT_FOUND.
        """

    async def load(self, service: str, resource: Resource, principal: Principal) -> None:
        """Have a service take a personalised resource; it is there in every worker when this returns, or in none.

        The same resource again changes nothing. A caller who leaves takes it back.

        Raises:
            ServiceError: NOT_FOUND, FORBIDDEN, UNSUPPORTED; BAD_REQUEST for an id that cannot be or has another
                content; TOO_LARGE, OVERLOADED beyond the service's bounds; what the wrapper raised.
        """

    async def unload(self, service: str, resource_id: str, principal: Principal) -> None:
        """Have a service forget one: no request finds it from now on; returns when nobody uses it any more.

        Raises:
            ServiceError: NOT_FOUND, FORBIDDEN, UNSUPPORTED.
        """

    def resources(self, service: str, principal: Principal) -> tuple[ResourceView, ...]:
        """Those that a service holds, by id.

        Raises:
            ServiceError: NOT_FOUND, FORBIDDEN, UNSUPPORTED.
        """

    def services(self) -> Mapping[str, ServiceView]:
        """An immutable snapshot."""

    def changes(self) -> AsyncIterator[Mapping[str, ServiceView]]:
        """A snapshot now, and another after every reload and every change of health."""

    def metrics(self) -> bytes:
        """Prometheus' text format."""


class Shelf(Protocol):
    """The personalised resources of one executor: those who come later, workers that are replaced, have them too."""

    async def load(self, resource: Resource) -> None:
        """Returns when all that runs has it.

        Raises:
            PluginError: The wrapper refused it; nobody has it. Without a ``plugin``, no hook was run.
            ServiceError: UNAVAILABLE, where nothing runs; WORKER_LOST.
        """

    async def unload(self, resource_id: str) -> None:
        """Returns when all that runs has forgotten it; never raises for what the wrapper did."""


class Executor(Protocol):
    """The only crossing from the event loop to a thread, a worker process or another machine.

    Requests come admitted, with sid and deadline set. An executor may refuse to start what is cancelled or late.

    Attributes:
        refusal: Why nothing can be executed, so that to wait for a turn is no use; None while something can.
        shelf: Takes personalised resources while it runs; None where what runs takes none.
    """

    refusal: ServiceError | None = None
    shelf: Shelf | None = None

    async def start(self) -> Description | None:
        """Bring the wrapper up; None when it answers for any name (a wildcard)."""

    async def describe(self, service: str) -> Description:
        """What answers for that name."""

    async def once(self, request: Request) -> Reply: ...

    def stream(self, request: Request) -> AsyncGenerator[Reply, None]: ...

    async def open(self, request: Request) -> Session: ...

    async def check(self, change: Change) -> bool:
        """Phase 1 of a reload: raise to refuse. ``change`` holds the service's settings, old and new.

        Returns:
            Whether what runs can be given the new configuration; False has it replaced by a new executor.
        """

    async def reload(self, change: Change) -> None:
        """Phase 2 of a reload: cannot fail."""

    def settle(self, settings: ServiceSettings) -> None:
        """Take a service's new limits while it runs: those of batches; the wrapper is not told."""

    def health(self) -> Health: ...

    def workers(self) -> tuple[WorkerView, ...]:
        """Each worker, where there are any, for operators."""
        return ()

    async def drain(self) -> None:
        """Return when nothing is executing any more."""

    async def stop(self, grace: float | None = None) -> None:
        """Let go, by force if need be, within ``grace`` seconds; None leaves it to the executor how long that takes."""


class Resources(Protocol):
    """A channel's way to the personalised resources of services: see Dispatcher."""

    async def load(self, service: str, resource: Resource) -> None: ...

    async def unload(self, service: str, resource_id: str) -> None: ...

    async def listed(self, service: str) -> tuple[ResourceView, ...]: ...


class Channel(Protocol):
    """A wire's client end, made as ``cls(url, options)``; it knows many services.

    Attributes:
        resources: Personalised resources; None where the wire carries none.
    """

    resources: Resources | None = None

    async def start(self) -> None: ...

    async def describe(self, service: str) -> Description: ...

    async def once(self, request: Request) -> Reply: ...

    def stream(self, request: Request) -> AsyncGenerator[Reply, None]: ...

    async def open(self, request: Request, *, detached: bool = False, alias: str | None = None) -> Session: ...

    async def session(self, key: str) -> Session:
        """A detached session, found again by sid or alias."""

    def health(self) -> Health: ...

    async def drain(self) -> None: ...

    async def stop(self) -> None: ...
