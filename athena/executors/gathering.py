"""What an executor of worker processes does about batches, from its start on and when their limits change."""

from __future__ import annotations

from ..interfaces import Figures
from ..link.greeting import Ready
from ..models import ServiceSettings
from .bundles import counting, gathers
from .parcels import Parcels
from .staff import Staff

__all__ = ["Gathering"]


class Gathering:
    """Inherited by such an executor."""

    _gathered: Staff | None = None

    def gather(self, staff: Staff, settings: ServiceSettings, ready: Ready, figures: Figures) -> None:
        """Gather calls from now on, where the service's table says so.

        Raises:
            PluginRefused: The table says so, and the wrapper takes none together.
        """
        self._gathered = staff
        limits = gathers(settings, ready.description)
        if limits is not None:
            counted = counting(figures, settings.name)
            staff.pool.parcels = Parcels(staff.pool.active, limits, ready.description, counted)

    def settle(self, settings: ServiceSettings) -> None:
        """See Executor."""
        staff = self._gathered
        if staff is not None and settings.batch is not None:
            staff.settle(settings)
            if staff.pool.parcels is not None:
                staff.pool.parcels.gatherer.settle(settings.batch)
