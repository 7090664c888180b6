"""What rooms and plugins promise each other. An object says what it is by *inheriting* one of these.

Everything here is called on the event loop's thread, unless its docstring says otherwise.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import logging

    from .errors import Fault
    from .models import (
        Attempt,
        Change,
        Description,
        Document,
        Endpoint,
        Health,
        Instance,
        Limits,
        Principal,
        Reply,
        Request,
        ServiceSettings,
        ServiceView,
        Usage,
        WrapperContext,
    )

P = TypeVar("P")


class Session(Protocol):
    """One session, seen from any room: dispatcher, executor or channel."""

    sid: str

    async def write(self, request: Request) -> None:
        """Give the wrapper more; returns when accepted, and waiting here is the back-pressure.

        A write whose parts have all ended half-closes the session once every stream seen so far has ended. A write of
        one empty part with the key "" and stage END half-closes it at once (:data:`athena.session.END_MARK`).

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

    async def authenticate(self, attempt: Attempt) -> Principal:
        """Who is it? Called once for every method of every transport, before the body is decoded.

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

    def services(self) -> Mapping[str, ServiceView]:
        """An immutable snapshot."""

    def changes(self) -> AsyncIterator[Mapping[str, ServiceView]]:
        """A snapshot now, and another after every reload and every change of health."""

    def metrics(self) -> bytes:
        """Prometheus' text format."""


class Component(Protocol):
    """What every object handed over by ``athena_provide`` is."""

    async def start(self) -> object:
        """Open what must be opened; I/O belongs here, not in ``__init__``."""
        return None

    async def stop(self, grace: float = 0.0) -> None:
        """Close it, within ``grace`` seconds."""
        return None


class Transport(Component, Protocol):
    """A wire's server end. ``name`` is what metrics and attempts call it."""

    name: str

    async def start(self) -> tuple[Endpoint, ...]:
        """Bind, and say the real ports; nothing is accepted yet."""

    async def accept(self) -> None:
        """Begin to take calls."""

    async def drain(self) -> None:
        """Take no new work and tell the peers; work already taken goes on."""

    async def stop(self, grace: float = 0.0) -> None:
        """Close what is left after ``grace`` seconds."""


class Executor(Protocol):
    """The only crossing from the event loop to a thread, a worker process or another machine.

    Requests come admitted, with sid and deadline set. An executor may refuse to start what is cancelled or late.
    """

    async def start(self) -> Description | None:
        """Bring the wrapper up; None when it answers for any name (a wildcard)."""

    async def describe(self, service: str) -> Description:
        """What answers for that name."""

    async def once(self, request: Request) -> Reply: ...

    def stream(self, request: Request) -> AsyncGenerator[Reply, None]: ...

    async def open(self, request: Request) -> Session: ...

    async def check(self, change: Change) -> None:
        """Phase 1 of a reload: raise to refuse. ``change`` holds the service's settings, old and new."""

    async def reload(self, change: Change) -> None:
        """Phase 2 of a reload: cannot fail."""

    def health(self) -> Health: ...

    async def drain(self) -> None:
        """Return when nothing is executing any more."""

    async def stop(self) -> None: ...


class ExecutorFactory(Component, Protocol):
    """Makes the executor of a service. ``Section`` (optional) settles its table ``[services.x.<executor>]``."""

    def create(
        self, settings: ServiceSettings, section: object, context: PluginContext, changed: Callable[[], None]
    ) -> Executor:
        """Args:
        settings: The service's table.
        section: The executor's own table, settled, or None.
        context: The way to other plugins.
        changed: Call it on the loop when health or description changed.
        """


class Channel(Protocol):
    """A wire's client end, made as ``cls(url, options)``; it knows many services."""

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


class Registry(Component, Protocol):
    """A discovery backend."""

    async def announce(self, instance: Instance) -> None: ...

    async def withdraw(self) -> None: ...

    def watch(self, service: str) -> AsyncIterator[tuple[Instance, ...]]:
        """Full sets, now and after every change."""


class ConfigSource(Component, Protocol):
    """Where the toml comes from; a path is the kernel's own ``file`` source."""

    async def read(self) -> Document: ...

    def watch(self) -> AsyncIterator[Document]:
        """Every later version."""

    async def feedback(self, version: str, ok: bool, reason: str) -> None:
        """Tell the source what became of a version."""


class Guard(Component, Protocol):
    """Says who a caller is."""

    async def check(self, attempt: Attempt) -> Principal | None:
        """None: not mine. Raises ServiceError(UNAUTHENTICATED) to refuse."""

    async def valid(self, principal: Principal) -> bool:
        """Asked every 2 s for principals with open sessions or streams."""
        return True


class Quota(Component, Protocol):
    """How much a caller may have at once or per time."""

    async def acquire(self, principal: Principal, service: str) -> None:
        """Raises ServiceError(QUOTA) with ``retry_after``."""

    def release(self, principal: Principal, service: str) -> None: ...


class Meter(Component, Protocol):
    """Keeps the accounts."""

    def began(self, usage: Usage) -> None:
        """After admission, before dispatch; has appended when it returns. May raise UNAVAILABLE (fail closed)."""

    def ended(self, usage: Usage) -> None:
        """Exactly once per ``began``, with the outcome."""


class Lease(Protocol):
    """Devices held for one worker."""

    devices: tuple[str, ...]
    env: Mapping[str, str]
    cpus: frozenset[int]

    def on_lost(self, callback: Callable[[str], None]) -> None:
        """Call back, from any thread, with the reason, when a device is gone."""

    def release(self) -> None: ...


class Allocator(Component, Protocol):
    """Gives out GPUs."""

    def lease(self, ask: object) -> Lease:
        """Called in a thread. ``ask`` is a GpuSettings. Raises ServiceError(UNAVAILABLE) with the reason."""


class Host(Protocol):
    """Runs wrappers that are paths, chosen by their suffix."""

    def command(self, path: str, settings: ServiceSettings) -> tuple[str, ...] | None:
        """Kernel side, imports no wrapper: the argv of a foreign worker, or None for the standard child."""

    def load(self, path: str, context: WrapperContext) -> object:
        """Child side: the plugin object."""


class Balancer(Component, Protocol):
    """Picks an instance."""

    def pick(self, instances: tuple[Instance, ...], key: str) -> Instance: ...

    def observe(self, instance: Instance, outcome: Fault | None) -> None: ...


class PluginContext(Protocol):
    """What ``athena_init`` and ``athena_provide`` of a kernel plugin are given.

    Attributes:
        name: The registered name, ``<group>.<name>``.
        limits: The kernel's limits.
        log: A logger of the plugin's own.
        dispatcher: The door; it takes calls from ``Transport.accept`` on.
    """

    name: str
    limits: Limits
    log: logging.Logger
    dispatcher: Dispatcher

    def find(self, protocol: type[P], name: str | None = None) -> P:
        """Another plugin's object, valid from ``start`` on.

        Raises:
            LookupError: There is none.
        """
