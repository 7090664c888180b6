"""What an operator may ask of a running kernel, over its control socket."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

import attrs

from athena.control import ControlSocket, Operation, default_path
from athena.errors import AthenaError
from athena.models import Document, ServiceView
from athena.service import Service
from athena.settings import KernelSettings
from athena.specs import VERSION

from .edition import Edition
from .running import Running

__all__ = ["Operations", "opened"]

log = logging.getLogger("athena.control")


class Reload(Protocol):
    """Makes the kernel take a configuration."""

    async def __call__(self, document: Document | None, *, swap: Collection[str]) -> tuple[str, ...]: ...


class Operations:
    """Status, metrics, reload and drain of one kernel."""

    def __init__(
        self,
        running: Running,
        edition: Edition,
        reload: Reload,
        drain: Callable[[], object],
    ) -> None:
        """Args:
        reload: Takes a document and the services to swap in any case; says what changed, line by line.
        drain: Begins to drain; returns at once.
        """
        self._running = running
        self._edition = edition
        self._reload = reload
        self._drain = drain
        self._began = time.monotonic()

    def table(self) -> Mapping[str, Operation]:
        """By name."""
        return {"status": self.status, "metrics": self.metrics, "reload": self.reload, "drain": self.drain}

    async def status(self, _: Mapping[str, Any]) -> object:  # Any: what stands in a JSON document
        """The kernel, its configuration, its services and their workers, now."""
        running, board = self._running, self._running.board
        return {
            "name": running.settings.kernel.name,
            "pid": os.getpid(),
            "version": VERSION,
            "uptime": time.monotonic() - self._began,
            "state": "draining" if board.views.leaving else "serving",
            "endpoints": [endpoint.url for endpoint in running.endpoints],
            "in_flight": board.in_flight.running,
            "max_in_flight": board.limits.max_in_flight,
            "sessions": running.sessions.count,
            "drain_timeout": running.settings.kernel.drain_timeout,
            "config": vars(self._edition),
            "services": [_service(board.services[name], view) for name, view in board.views.latest().items()],
        }

    async def metrics(self, _: Mapping[str, Any]) -> object:  # Any: as above
        """What ``/metrics`` would say."""
        return self._running.board.metrics.render().decode()

    async def reload(self, question: Mapping[str, Any]) -> object:  # Any: as above
        """Read the configuration again and take it, or say why not; ``swap`` names services to renew in any case."""
        swap = question.get("swap", [])
        if not isinstance(swap, list) or not all(isinstance(name, str) for name in swap):
            raise AthenaError("swap: expected a list of names of services")
        changed = await self._reload(None, swap=swap)
        return {"changed": changed, "config": vars(self._edition)}

    async def drain(self, _: Mapping[str, Any]) -> object:  # Any: as above
        """Begin to drain; whoever asked sees the end when the connection is closed."""
        board, sessions = self._running.board, self._running.sessions
        self._drain()
        timeout = self._running.settings.kernel.drain_timeout
        return {"drain_timeout": timeout, "in_flight": board.in_flight.running, "sessions": sessions.count}


async def opened(settings: KernelSettings, operations: Operations, *, operated: bool) -> ControlSocket | None:
    """The control socket, answering, where there is to be one.

    Args:
        operated: Whether ``auto`` means one.

    Raises:
        OSError: It cannot be bound where ``kernel.control`` says.
    """
    if settings.control == "off" or (settings.control == "auto" and not operated):
        return None
    try:
        path = default_path(settings.name) if settings.control == "auto" else Path(settings.control)
        control = ControlSocket(path, operations.table())
        await control.start()
    except (AthenaError, OSError) as error:
        if settings.control != "auto":
            raise
        # Nobody asked for it by name: the kernel serves without.
        log.warning("no control socket, so no athena reload, drain or top: %s", error)
        return None
    log.info("athena reload, drain and top find this kernel at %s", path.absolute())
    return control


def _service(service: Service, view: ServiceView) -> dict[str, object]:
    settings, admission = service.settings, service.admission
    return {
        "name": settings.name,
        "ready": view.health.ready,
        "reason": view.health.reason,
        "wrapper": settings.wrapper,
        "version": view.description.version,
        "executor": settings.executor,
        "operations": sorted(view.description.operations),
        "inflight": admission.executing,
        "queue": admission.waiting,
        "sessions": service.sessions,
        "limits": {
            "max_concurrency": settings.concurrency,
            "queue": settings.queue,
            "max_sessions": settings.max_sessions,
            "deadline": settings.deadline,
        },
        "workers": [attrs.asdict(worker) for worker in service.generations.workers()],
    }
