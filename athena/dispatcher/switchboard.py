"""What all doors share: the services, the guards, quotas and meters, the sessions, and the counts."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Coroutine, Iterable
from typing import Any

from athena.errors import AthenaError, Fault, ServiceError
from athena.executors.clock import Clock
from athena.executors.tally import Tally
from athena.interfaces import Guard, Meter, Quota, Tracer
from athena.models import Attempt, Limits, Principal, Request
from athena.service import Overdue, Service, rank
from athena.telemetry import Metrics

from .checks import authenticate
from .gauges import register_gauges
from .views import Views

__all__ = ["Switchboard"]

log = logging.getLogger("athena.dispatcher")


class Switchboard:
    """Connects calls to services.

    Attributes:
        services: By name; ``*`` answers for every other name.
        retired: Removed ones that finish what they have; nobody new finds them.
        draining: True once no new work is taken.
        observed: Whether anybody looks on at calls.
        access: Whether every call is logged.
        tracers: Those that follow every call.
        in_flight: Calls in the house, waiting ones included.
        views: Snapshots of the services.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.services: dict[str, Service] = {}
        self.retired: dict[str, Service] = {}
        self.guards: list[Guard] = []
        self.quotas: list[Quota] = []
        self.meters: list[Meter] = []
        self.clock = Clock()
        self.metrics = Metrics()
        self.draining = False
        self.observed = False
        self.access = False
        self.tracers: list[Tracer] = []
        self.in_flight = Tally()
        self.views = Views(self.services)
        self._sids = _Mint()
        self._kept: set[asyncio.Future[None]] = set()
        register_gauges(self.metrics, self.services, self.views)

    def observe(self, *, access: bool, tracers: Iterable[Tracer]) -> None:
        """Have calls looked at; those under way keep whoever looks on already."""
        self.access, self.tracers = access, list(tracers)
        self.observed = access or bool(self.tracers)
        # Asked for, so written, whatever level the rest has.
        logging.getLogger("athena.access").setLevel(logging.INFO if access else logging.NOTSET)

    def authenticate(self, attempt: Attempt) -> Coroutine[Any, Any, Principal]:  # Any: what coroutines yield
        """See :func:`~athena.dispatcher.checks.authenticate`."""
        return authenticate(self.guards, attempt)

    def enter(self, request: Request) -> Service:
        """The service a call is for, when the caller may use it and the house has room.

        A house that is full as a whole takes a more urgent call in the place of one that waits for the same service.

        Raises:
            ServiceError: UNAVAILABLE, NOT_FOUND, FORBIDDEN or OVERLOADED.
        """
        name = request.service
        service = self.services.get(name) or self.services.get("*")
        if self.draining:
            raise ServiceError(Fault.UNAVAILABLE, "the server is shutting down; call another instance", retry_after=1.0)
        if service is None or not name:
            there = ", ".join(sorted(self.services)) or "none"
            raise ServiceError(Fault.NOT_FOUND, f"no service {name!r}; the services are: {there}")
        self.permit(name, request.principal)
        full = self.in_flight.running >= self.limits.max_in_flight
        if full and not service.admission.displace(rank(request, time.monotonic())):
            text = f"the server holds {self.in_flight.running} calls, its max_in_flight"
            raise ServiceError(Fault.OVERLOADED, text, retry_after=service.admission.hint)
        return service

    def dismiss(self) -> None:
        """End every call that is still here: the server goes, and each is told so."""
        for held in self.clock.held():
            if isinstance(held, Overdue):
                held.dismiss()

    def permit(self, name: str, principal: Principal) -> None:
        """Raises ServiceError(FORBIDDEN) unless this caller may use the service of that name."""
        if principal.scopes is not None and name not in principal.scopes:
            raise ServiceError(Fault.FORBIDDEN, f"{principal.id} may not use {name}")
        service = self.services.get(name) or self.retired.get(name) or self.services["*"]
        guards = service.settings.guards
        if guards and principal.guard not in guards:
            raise ServiceError(Fault.FORBIDDEN, f"{name} is open to callers known by: {', '.join(guards)}")

    def deadline(self, asked: float | None, service: Service, now: float) -> float:
        """The absolute deadline of a call: what was asked, or the default, under the cap."""
        if asked is None:
            asked = now + (service.settings.deadline or self.limits.default_deadline)
        return min(asked, now + self.limits.max_deadline)

    def mint(self) -> str:
        """An unguessable id of 128 bits."""
        return self._sids.take()

    def keep(self, task: asyncio.Future[None]) -> asyncio.Future[None]:
        """Hold a task of nobody's until it is done: the loop alone would let it be collected."""
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)
        return task

    def fault_of(self, error: Exception) -> ServiceError:
        """An error that should not have come this far: INTERNAL for the client, everything else for the log."""
        error_id = os.urandom(4).hex()
        log.error("a call failed inside (error %s)", error_id, exc_info=error)
        reason = str(error) if isinstance(error, AthenaError) else type(error).__name__
        return ServiceError(Fault.INTERNAL, f"internal error {error_id}: {reason}", error_id=error_id)


class _Mint:
    """Ids of 16 random bytes, drawn from the system 256 at a time: one call for many."""

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0

    def take(self) -> str:
        if self._at >= len(self._pool):
            self._pool = os.urandom(4096)
            self._at = 0
        self._at += 16
        return self._pool[self._at - 16 : self._at].hex()
