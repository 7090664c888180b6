"""What plugins hand over by ``athena_provide``, and what they are given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import logging

    from athena.errors import Fault, SettingsError
    from athena.models import (
        Attempt,
        Document,
        Endpoint,
        Instance,
        Limits,
        Principal,
        ServiceSettings,
        Translation,
        Usage,
        WrapperContext,
    )

    from .calls import Dispatcher, Executor
    from .figures import Figures

__all__ = [
    "Allocator",
    "Balancer",
    "Component",
    "ConfigSource",
    "Dialect",
    "ExecutorFactory",
    "Guard",
    "Host",
    "Lease",
    "Meter",
    "PluginContext",
    "Quota",
    "Registry",
    "Transport",
]

P = TypeVar("P")


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

    def explain(self, error: SettingsError) -> SettingsError:
        """The same problems, told where the user wrote them: for a source that is made of several."""
        return error


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


class Dialect(Protocol):
    """Reads configurations that were written for another program. Made without arguments, asked at every reading."""

    def translate(self, tables: Mapping[str, object], folder: str) -> Translation | None:
        """The document in our tables, or None where it is not of this dialect.

        Args:
            tables: The document as toml gives it; it has tables that are not ours.
            folder: Where it lies, for files it means and does not name.
        """


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
        figures: Where it counts what operators are to see.
    """

    name: str
    limits: Limits
    log: logging.Logger
    dispatcher: Dispatcher
    figures: Figures

    def find(self, protocol: type[P], name: str | None = None) -> P:
        """Another plugin's object, valid from ``start`` on.

        Raises:
            LookupError: There is none.
        """
