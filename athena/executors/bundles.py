"""Calls of a wrapper in this process, gathered into batches. Lives on the loop."""

from __future__ import annotations

import asyncio
import time
from functools import partial

from athena.describe import counter
from athena.errors import Executed, Fault, PluginRefused, ServiceError
from athena.interfaces import Figures
from athena.models import BatchSettings, Description, Request, ServiceSettings

from .batch import Counted, Gatherer
from .engine import CallSink, Engine
from .mailbox import Mailbox

__all__ = ["Bundles", "counting", "gathers", "unwanted"]

BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Of the buckets of ``athena_batch_items``."""
Item = tuple[Request, CallSink]


def counting(figures: Figures, service: str) -> Counted:
    """What counts a service's batches for its operators."""
    sizes = figures.histogram("athena_batch_items", "Items of one batch.", ("service",), BOUNDS)
    return partial(sizes.observe, (service,))


def gathers(settings: ServiceSettings, description: Description) -> BatchSettings | None:
    """The limits within which a service's calls are gathered; None where they are not.

    Raises:
        PluginRefused: They are to be, and the wrapper takes none together.
    """
    if settings.batch is not None and "batch" not in description.operations:
        text = f"services.{settings.name}.batch: the wrapper has no athena_batch_exec; remove the table or add the hook"
        raise PluginRefused(text)
    return settings.batch


def unwanted(request: Request) -> ServiceError | None:
    """What a call is told that nobody waits for any more, or that came too late: it is not run."""
    # First the deadline: a request that is late says that it is cancelled.
    if request.deadline is not None and request.deadline <= time.monotonic():
        text = f"{request.service} could not begin before the deadline"
        return ServiceError(Fault.DEADLINE, text, executed=Executed.NO)
    if request.cancelled:
        return ServiceError(Fault.CANCELLED, "the call was cancelled before it began")
    return None


class Bundles:
    """The gathered calls of one engine."""

    def __init__(self, engine: Engine, limits: BatchSettings, lanes: int, mailbox: Mailbox, counted: Counted) -> None:
        """Args:
        lanes: How many batches run at once.
        counted: See Gatherer.
        """
        self._engine = engine
        self._lanes = lanes
        self._mailbox = mailbox
        self._running = 0
        self._count = counter(engine.hooks.description)
        loop = asyncio.get_running_loop()
        self.gatherer: Gatherer[Item] = Gatherer(
            limits, free=self._free, go=self._launch, keep=_keep, later=loop.call_later, counted=counted
        )

    def add(self, request: Request, sink: CallSink) -> None:
        """Gather a call; its outcome goes to the sink."""
        self.gatherer.add((request, sink), 1 if self._count is None else self._count(request))

    def discard(self, sink: CallSink) -> None:
        """Nobody waits any more: a call that is not under way yet is answered here."""
        for item, _ in self.gatherer.waiting:
            if item[1] is sink:
                self.gatherer.discard(item)
                sink.failed(ServiceError(Fault.CANCELLED, "the call was cancelled before it began"))
                return

    def flush(self) -> None:
        """Hand over whatever waits: the engine is about to end, and finishes what it has."""
        while self.gatherer.waiting:
            self._launch()

    def _free(self) -> bool:
        return self._running < self._lanes

    def _launch(self) -> None:
        batch = self.gatherer.take()
        if batch:
            self._running += 1
            requests, sinks = [request for request, _ in batch], [sink for _, sink in batch]
            self._engine.batch(requests, sinks, partial(self._mailbox.post, self._over, batch))

    def _over(self, batch: list[Item]) -> None:
        self._running -= 1
        self.gatherer.over(batch)


def _keep(item: Item) -> bool:
    error = unwanted(item[0])
    if error is not None:
        item[1].failed(error)
    return error is None
