"""Typed tables of the toml, and how they reach plugins."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

__all__ = ["BatchSettings", "Change", "Document", "GpuSettings", "Limits", "ServiceSettings", "WrapperContext"]


@frozen
class Limits:
    """``[kernel.limits]``.

    Attributes:
        max_message: Bytes of one message, all parts together, in and out.
        max_in_flight: Calls the whole kernel holds, waiting ones included.
        default_deadline, max_deadline: Seconds.
        idle_timeout, max_lifetime: Seconds after which a detached session is destroyed.
        slow_reader: Seconds a client may take nothing while its wrapper waits for it to.
    """

    max_message: int = 32 * 1024 * 1024
    max_in_flight: int = 1024
    default_deadline: float = 30.0
    max_deadline: float = 300.0
    idle_timeout: float = 60.0
    max_lifetime: float = 3600.0
    slow_reader: float = 10.0


@frozen
class BatchSettings:
    """``[services.x.batch]``: at most ``max_size`` items; one that could go is held for at most ``max_wait_ms``."""

    max_size: int = 8
    max_wait_ms: float = 5.0


@frozen
class GpuSettings:
    """``[services.x.gpu]``: what one worker asks of the allocator. ``memory`` in bytes per device."""

    count: int = 1
    memory: int = 0
    mig: str = ""
    exclusive: bool = False
    same_numa: bool = False


@frozen
class ServiceSettings:
    """The typed ``[services.x]`` table; ``settings/`` only fills it.

    Attributes:
        wrapper: An entry-point name, ``module:Class``, or a path.
        python: Interpreter of the process executor's children; "" for this one.
        threads: Executions at once in one worker; above 1 the wrapper must be thread-safe.
        max_concurrency: Calls executing at once, those of a batch each; None means ``workers * threads``, times
            ``batch.max_size`` where calls are gathered.
        queue: Calls waiting beyond that.
        max_sessions: Open sessions.
        max_resources, max_resource_bytes: Personalised resources it holds, and the bytes of all of them together.
        init_timeout: Seconds a worker may take from spawn to Ready.
        deadline: Seconds; None means the kernel's default.
        grace: Seconds after a passed deadline before a worker that has not returned is killed.
        folder: What relative paths and import strings of ``wrapper`` start from: the toml's folder.
        config: The wrapper's own table, settled where the wrapper lives.
        middleware_config: The ``[middleware.x]`` table of each middleware named, settled there too.
        tables: Tables named after an executor, ``[services.x.remote]``.
    """

    name: str
    wrapper: str = ""
    executor: str = "process"
    python: str = ""
    workers: int = 1
    threads: int = 1
    spares: int = 0
    max_concurrency: int | None = None
    queue: int = 64
    max_sessions: int = 1024
    max_resources: int = 64
    max_resource_bytes: int = 256 * 1024 * 1024
    init_timeout: float = 60.0
    deadline: float | None = None
    grace: float = 2.0
    guards: tuple[str, ...] = ()
    middleware: tuple[str, ...] = ()
    folder: str = "."
    # Any: tables as the toml gives them, settled elsewhere.
    config: Mapping[str, Any] = MappingProxyType({})
    middleware_config: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    batch: BatchSettings | None = None
    gpu: GpuSettings | None = None
    tables: Mapping[str, Mapping[str, Any]] = MappingProxyType({})

    @property
    def concurrency(self) -> int:
        """Calls that may execute at once."""
        if self.max_concurrency is not None:
            return self.max_concurrency
        return self.workers * self.threads * (1 if self.batch is None else self.batch.max_size)


@frozen
class WrapperContext:
    """What ``athena_init`` of a wrapper is given.

    Attributes:
        service: The name of the service it answers for.
        devices: The GPUs this worker holds, as UUIDs; empty without a lease.
        limits: The kernel's limits.
        isolated: Whether this process is the wrapper's own: what crashes in it takes nothing else along.
    """

    service: str
    devices: tuple[str, ...] = ()
    limits: Limits = Limits()
    isolated: bool = False


@frozen
class Change:
    """A new configuration, as one plugin sees it: its section before and after.

    Attributes:
        old, new: The plugin's settled sections.
        version: The document's version.
    """

    old: object
    new: object
    version: str = ""


@frozen
class Document:
    """A configuration as a source gives it: the toml's text, a version that changes with it, and where it came from."""

    text: str
    version: str = ""
    origin: str = "aiges.toml"
    files: Mapping[str, bytes] = field(factory=dict, repr=False)
