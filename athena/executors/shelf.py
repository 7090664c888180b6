"""Personalised resources, the same in all that runs one wrapper: what comes later is given them before any work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from athena.errors import AthenaError, Fault, PluginBroken, ServiceError
from athena.interfaces import Shelf
from athena.link import worker_pb2 as pb
from athena.link.frames import RESOURCE_LOAD, RESOURCE_UNLOAD
from athena.link.heads import encode_resource
from athena.models import Resource
from athena.plugins import Hooks

from .pool import Pool
from .solo import Solo
from .worker import Worker

__all__ = ["HostedShelf", "WorkerShelf"]

log = logging.getLogger("athena.resources")

_TRIES, _PAUSE = 5, 0.5
"""How often a worker is told to forget one while its hooks run on, and the seconds in between."""


class WorkerShelf(Shelf):
    """Of the workers of one service."""

    def __init__(self, pool: Pool, service: str, timeout: float) -> None:
        """Args:
        timeout: Seconds a worker may take for one hook.
        """
        self._pool = pool
        self._service = service
        self._timeout = timeout
        self._held: dict[str, Resource] = {}
        # One at a time: two workers that are told in another order would not hold the same.
        self._lock = asyncio.Lock()

    async def load(self, resource: Resource) -> None:
        async with self._lock:
            workers = self._pool.workers
            if not workers:
                text = f"no worker of {self._service} is ready to take it"
                raise ServiceError(Fault.UNAVAILABLE, text, retry_after=1.0)
            asked = [asyncio.ensure_future(self._give(worker, resource)) for worker in workers]
            try:
                outcomes = await asyncio.gather(*asked, return_exceptions=True)
            except asyncio.CancelledError:
                # What was interrupted may be done: it is asked for afterwards, and so undone.
                await self._undo(resource.id, workers, await asyncio.gather(*asked, return_exceptions=True))
                raise
            failures = [outcome for outcome in outcomes if outcome is not None]
            if failures:
                await self._undo(resource.id, workers, outcomes)
                raise failures[0]
            self._held[resource.id] = resource

    async def unload(self, resource_id: str) -> None:
        async with self._lock:
            self._held.pop(resource_id, None)
            await asyncio.gather(*(self._forget(worker, resource_id) for worker in self._pool.workers))

    @asynccontextmanager
    async def stocked(self, worker: Worker) -> AsyncIterator[None]:
        """Give a new worker all there is; nothing is loaded or unloaded while the block puts it among the others.

        Raises:
            AthenaError: It does not take one of them.
        """
        async with self._lock:
            for resource in self._held.values():
                await self._give(worker, resource)
            yield

    async def _give(self, worker: Worker, resource: Resource) -> None:
        head, segments, size = encode_resource(resource)
        try:
            await worker.ask(RESOURCE_LOAD, head, self._timeout, segments, size)
        except asyncio.TimeoutError:
            self._replace(worker)
            text = f"services.{self._service}: athena_resource_load took longer than {self._timeout:g} s"
            raise PluginBroken(text, plugin=self._service) from None

    async def _forget(self, worker: Worker, resource_id: str) -> None:
        head = pb.ResourceId(id=resource_id).SerializeToString()
        for left in reversed(range(_TRIES)):
            if not worker.alive:
                return
            try:
                await worker.ask(RESOURCE_UNLOAD, head, self._timeout)
            except asyncio.TimeoutError:
                self._replace(worker)
            except ServiceError:
                return  # it is dead, and its successor is not given what is forgotten
            except AthenaError as error:
                if left:
                    await asyncio.sleep(_PAUSE)
                    continue
                log.error("%s: a worker keeps resource %s: %s", self._service, resource_id, error)
            return

    async def _undo(
        self, resource_id: str, workers: Sequence[Worker], outcomes: Sequence[BaseException | None]
    ) -> None:
        """Have those forget it that have it, or may have it; one that refused has nothing to forget."""
        told = [
            worker
            for worker, outcome in zip(workers, outcomes, strict=True)
            if outcome is None or isinstance(outcome, asyncio.CancelledError)
        ]
        await asyncio.gather(*(self._forget(worker, resource_id) for worker in told))

    def _replace(self, worker: Worker) -> None:
        """Its main thread hangs in a hook: nothing can be asked of it any more."""
        self._pool.retire(worker)
        worker.kill("was replaced: a resource hook did not return", "resource")


class HostedShelf(Shelf):
    """Of a wrapper on threads of this process.

    Attributes:
        held: What it has, by id; a wrapper that takes its place is given them.
    """

    def __init__(
        self,
        main: Solo,
        alone: Callable[[Callable[[], object]], None],
        hooks: Callable[[], Hooks],
        timeout: float,
    ) -> None:
        """Args:
        main: The wrapper's main thread.
        alone: Runs something there with no hook beside.
        hooks: The wrapper's, while there is one.
        timeout: Seconds that are waited for one hook.
        """
        self.held: dict[str, Resource] = {}
        self._main = main
        self._alone = alone
        self._hooks = hooks
        self._timeout = timeout
        self._lock = asyncio.Lock()

    async def load(self, resource: Resource) -> None:
        async with self._lock:
            try:
                await self._run(partial(self._hooks().resource_load, resource))
            except (asyncio.CancelledError, asyncio.TimeoutError) as error:
                # It may still be loading: this comes after it, on the same thread, and nobody waits.
                self._main.post(partial(self._alone, partial(self._hooks().resource_unload, resource.id)))
                if isinstance(error, asyncio.CancelledError):
                    raise
                text = f"athena_resource_load took longer than {self._timeout:g} s"
                raise PluginBroken(text, plugin="thread") from None
            self.held[resource.id] = resource

    async def unload(self, resource_id: str) -> None:
        async with self._lock:
            self.held.pop(resource_id, None)
            for left in reversed(range(_TRIES)):
                try:
                    await self._run(partial(self._hooks().resource_unload, resource_id))
                except asyncio.TimeoutError:
                    log.error("athena_resource_unload of %s did not return in %g s", resource_id, self._timeout)
                except AthenaError as error:
                    if left and isinstance(error, PluginBroken):
                        await asyncio.sleep(_PAUSE)
                        continue
                    log.error("the wrapper keeps resource %s: %s", resource_id, error)
                return

    async def _run(self, action: Callable[[], object]) -> None:
        await asyncio.wait_for(self._main.run(partial(self._alone, action)), self._timeout)
