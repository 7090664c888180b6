"""Where services are, how they are, and how to reach them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from .description import Description
from .parts import EMPTY
from .settings import ServiceSettings

__all__ = ["ChannelOptions", "Endpoint", "Health", "Instance", "ServiceView", "WorkerView"]


@frozen
class Endpoint:
    """One bound address of a transport. ``path`` is used by sockets that have no port."""

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""

    @property
    def url(self) -> str:
        """What a client of ``athena call`` is given."""
        if self.path and not self.port:
            return f"{self.scheme}://{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


@frozen
class Instance:
    """One running kernel's offer of one service, as discovery sees it."""

    id: str
    service: str
    endpoints: tuple[Endpoint, ...]
    version: str = ""
    weight: int = 100
    attributes: Mapping[str, str] = EMPTY


@frozen
class Health:
    """Can it take work? ``reason`` says why not, or what is degraded; ``workers`` counts them by state."""

    ready: bool
    reason: str = ""
    workers: Mapping[str, int] = MappingProxyType({})


@frozen
class WorkerView:
    """One worker of a service, for an operator.

    Attributes:
        pid: Its process; 0 where it has none of its own.
        state: ``starting``, ``ready``, ``waiting``, ``failed``, ``draining`` or ``stopped``.
        age: Seconds since it became ready.
        restarts: How often its place was filled again.
        busy: Calls it has been given and has not answered.
        sessions: Sessions open on it.
        finished: Calls it has answered.
    """

    pid: int
    state: str
    age: float = 0.0
    restarts: int = 0
    busy: int = 0
    sessions: int = 0
    finished: int = 0


@frozen
class ServiceView:
    """What the rest of the house may know of a service: an immutable snapshot."""

    name: str
    description: Description
    health: Health
    settings: ServiceSettings


@frozen
class ChannelOptions:
    """How a channel reaches the other side.

    Attributes:
        headers: Sent with every call (credentials).
        timeout: Seconds to connect.
        max_message: Bytes of one message; the wire's own bound is twice that.
        verify: False trusts any TLS certificate; a path trusts that authority.
    """

    headers: Mapping[str, str] = EMPTY
    timeout: float = 5.0
    max_message: int = 32 * 1024 * 1024
    verify: bool | str = True
