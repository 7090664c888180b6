"""One call's account: began once, ended once, whatever happens in between."""

from __future__ import annotations

import logging
import math
import time

import attrs

from athena.errors import Executed, Fault
from athena.interfaces import Meter
from athena.models import Reply, Request, Usage

__all__ = ["Account", "without_units"]

log = logging.getLogger("athena.meter")

UNIT = "usage."


class Account:
    """Sums a call's billable units and tells the meters."""

    def __init__(self, meters: list[Meter], request: Request, transport: str) -> None:
        self._meters = meters
        self._told: list[Meter] = []
        self._started = time.monotonic()
        self._units: dict[str, float] = {}
        self._usage = Usage(request.service, request.principal.id, request.sid, transport, time.time())

    def began(self) -> None:
        """Tell the meters; one that fails closed raises UNAVAILABLE, and those told before hear the end."""
        for meter in self._meters:
            meter.began(self._usage)
            self._told.append(meter)

    def cleaned(self, reply: Reply) -> Reply:
        """Sum the reply's units, and take them off the wire."""
        for key, value in reply.attributes.items():
            if key.startswith(UNIT):
                self._add(key.removeprefix(UNIT), value)
        return without_units(reply)

    def ended(self, fault: Fault | None, executed: Executed) -> None:
        """Tell the meters that heard the beginning; a meter that raises does not spoil the reply."""
        seconds = time.monotonic() - self._started
        usage = attrs.evolve(self._usage, seconds=seconds, fault=fault, executed=executed, units=dict(self._units))
        told, self._told = self._told, []
        for meter in told:
            try:
                meter.ended(usage)
            except Exception:
                log.exception("a meter failed at the end of %s", self._usage.sid)

    def _add(self, unit: str, value: str) -> None:
        try:
            amount = float(value)
        except ValueError:
            amount = math.nan
        if math.isfinite(amount) and amount >= 0.0:
            self._units[unit] = self._units.get(unit, 0.0) + amount
        else:
            log.warning("usage.%s of %s is not a number of units; not counted", unit, self._usage.service)


def without_units(reply: Reply) -> Reply:
    """The reply as the client sees it: ``usage.<unit>`` is for the meters."""
    rest = {key: value for key, value in reply.attributes.items() if not key.startswith(UNIT)}
    return reply if len(rest) == len(reply.attributes) else attrs.evolve(reply, attributes=rest)
