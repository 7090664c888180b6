"""A seat's claim to its devices: leased before the first spawn, kept over restarts, given back once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..errors import Fault, PluginMissing, ServiceError
from ..interfaces import Allocator, Lease, PluginContext
from ..models import ServiceSettings

__all__ = ["Tenure"]


class Tenure:
    """The lease of one seat.

    Attributes:
        lease: What is held; None where nothing is asked for, or not yet.
    """

    def __init__(self, context: PluginContext, lost: Callable[[str], object]) -> None:
        """Args:
        lost: Called on the loop, with the reason, when a device is gone; its lease has been given back by then.
        """
        self.lease: Lease | None = None
        self._context = context
        self._lost = lost

    async def take(self, settings: ServiceSettings) -> Lease | None:
        """The lease that is held, or a new one.

        Raises:
            PluginMissing: Nobody gives out GPUs.
            ServiceError: UNAVAILABLE, with the reason.
        """
        if settings.gpu is None or self.lease is not None:
            return self.lease
        try:
            allocator = self._context.find(Allocator)
        except LookupError as error:
            text = f"services.{settings.name}.gpu: no plugin gives out GPUs; switch one on with a [gpu.<name>] table"
            raise PluginMissing(text) from error
        loop = asyncio.get_running_loop()
        try:
            lease = self.lease = await loop.run_in_executor(None, allocator.lease, settings.gpu)
        except ServiceError:
            raise
        except Exception as error:
            text = f"services.{settings.name}: no GPU: {type(error).__name__}: {error}"
            raise ServiceError(Fault.UNAVAILABLE, text) from error

        def lost(reason: str) -> None:
            loop.call_soon_threadsafe(self._gone, reason)

        lease.on_lost(lost)
        return lease

    def release(self) -> None:
        """Give it back."""
        lease, self.lease = self.lease, None
        if lease is not None:
            lease.release()

    def _gone(self, reason: str) -> None:
        self.release()
        self._lost(reason)
