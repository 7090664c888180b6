"""A place for one worker: filled again whenever its worker dies or is worn out, slower where they do not come up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, MutableMapping, Sequence

from attrs import evolve, frozen

from ..errors import AthenaError, Fault
from ..interfaces import PluginContext
from ..link.greeting import Ready
from ..link.peer import Entry
from ..models import ServiceSettings, WorkerView
from .backoff import Backoff
from .parcels import tell
from .pool import Pool
from .sandbox import Sandbox
from .shelf import WorkerShelf
from .spawn import Start
from .tenure import Tenure
from .worker import Worker

__all__ = ["House", "Seat"]

log = logging.getLogger("athena.process")

_YOUNG = 5.0
"""Seconds after READY in which a death without one finished call counts as a start that failed."""
_LOOK = 0.05
"""Seconds between two looks at a worker that is being drained, or has to show that it works."""


@frozen
class House:
    """What the seats of one service share.

    Attributes:
        command: The argv of a program that is a worker; None for the standard child.
        pool: Told of every worker that is ready.
        died: Told of every worker's end, with what it had not seen.
        changed: Called when a seat's state changes.
        restarts: ``athena_worker_restarts_total`` by service and reason.
        shelf: The resources a worker has before it is given work.
    """

    context: PluginContext
    command: Sequence[str] | None
    sandbox: Sandbox
    backoff: Backoff
    pool: Pool
    died: Callable[[Worker, list[Entry]], None]
    changed: Callable[[], None]
    restarts: MutableMapping[tuple[str, ...], int]
    shelf: WorkerShelf


class Seat:
    """Keeps one worker running.

    Attributes:
        settings: What the next worker is started with.
        state: ``starting``, ``ready``, ``waiting`` (for the next start), ``failed`` or ``stopped``.
        restarts: How often its worker has died or was worn out, and another one was started.
        leaving: Workers that have been replaced, and finish what they have.
    """

    def __init__(self, settings: ServiceSettings, house: House) -> None:
        def lost(reason: str) -> None:
            if self._worker is not None:
                self._worker.kill(f"lost its GPU: {reason}", "device")

        self.settings = settings
        self.state = "starting"
        self.restarts = 0
        self.leaving: dict[Worker, asyncio.Task[None]] = {}
        self._house = house
        self._worker: Worker | None = None
        self._tenure = Tenure(house.context, lost)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> Ready:
        """The first worker: it is not tried again.

        Raises:
            PluginError, SettingsError, ServiceError: Why it did not come up.
        """
        ready = await self._up()
        self._task = asyncio.get_running_loop().create_task(self._keep(), name=f"athena-seat-{self.settings.name}")
        return ready

    async def stop(self, grace: float) -> None:
        """End its workers and give its lease back."""
        workers = [worker for worker in (self._worker, *self.leaving) if worker is not None]
        tasks = [task for task in (self._task, *self.leaving.values()) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await asyncio.gather(*(worker.stop(grace) for worker in workers))
        self._set("stopped")
        self._tenure.release()

    def view(self) -> WorkerView:
        """It and its worker, for operators."""
        worker = self._worker
        if worker is None or not worker.alive:
            return WorkerView(0 if worker is None else worker.pid, self.state, restarts=self.restarts)
        age = time.monotonic() - worker.ready_at
        return WorkerView(
            worker.pid, self.state, age, self.restarts, worker.busy, len(worker.sessions), worker.finished
        )

    async def _up(self, instead: Worker | None = None) -> Ready:
        """Start one; with ``instead``, beside the one whose place it will take."""
        house, settings = self._house, self.settings
        if instead is None:
            self._set("starting")
        lease = await self._tenure.take(settings)
        start = Start(settings.name, house.command, settings.python, sandbox=house.sandbox)
        if lease is not None:
            start = evolve(start, environment=dict(lease.env), cpus=lease.cpus)
        worker = Worker(settings, house.context.limits, () if lease is None else lease.devices, house.died)
        if instead is None:
            self._worker = worker
        try:
            ready = await worker.start(start)
            # What is loaded meanwhile waits until it is one of the pool's, and then reaches it too.
            async with house.shelf.stocked(worker):
                worker.bound = house.sandbox.requests()
                tell(worker, settings.batch, ready.hooks)
                self._worker = worker
                self._set("ready")
                house.pool.came(worker, instead)
        except BaseException:
            if instead is None:
                self._set("waiting")
            await worker.stop(0.0)
            raise
        return ready

    async def _keep(self) -> None:
        while True:
            worker = self._worker
            assert worker is not None  # start() or the line below made it
            await asyncio.wait([worker.gone, worker.worn], return_when=asyncio.FIRST_COMPLETED)
            if not worker.gone.done():
                self._count(worker.worn.result())
                await self._renew(worker)
                continue
            self._count(worker.reason)
            self._judge(worker, worker.gone.result())
            while not await self._again():
                pass

    def _judge(self, worker: Worker, how: str) -> None:
        log.warning("%s: worker %d %s; another one is started", self.settings.name, worker.pid, how)
        backoff = self._house.backoff
        young = worker.ready_at > 0.0 and time.monotonic() - worker.ready_at < _YOUNG and not worker.finished
        if young and not worker.condemned:
            backoff.failed(f"its workers die at once: the last one {how}")
        elif worker.ready_at > 0.0:
            backoff.succeeded()
        self._set("waiting")

    async def _again(self, instead: Worker | None = None) -> bool:
        """Try once to have another worker, when it is time."""
        backoff = self._house.backoff
        if backoff.tripped and instead is None:
            self._set("failed")
        if not backoff.failing:
            return await self._try(instead)
        async with backoff.turn:
            await backoff.wait()
            up = await self._try(instead)
            if up and backoff.failing and self._worker is not None:
                await _proven(self._worker, backoff)
            return up

    async def _try(self, instead: Worker | None) -> bool:
        backoff = self._house.backoff
        try:
            await self._up(instead)
        except AthenaError as error:
            log.error("%s: a worker did not come up: %s", self.settings.name, error)
            self._count("start")
            backoff.failed(str(error))
            if backoff.tripped and instead is None:
                self._set("failed")
            return False
        return True

    async def _renew(self, worker: Worker) -> None:
        """Replace a worker that still works: no call of it fails, and its sessions go on for a while."""
        name, why = self.settings.name, worker.worn.result()
        log.info("%s: worker %d has reached its %s; another one takes its place", name, worker.pid, why)
        if self._tenure.lease is not None:
            # Its devices are its successor's: the old one goes first. A spare has devices of its own.
            self._house.pool.relieve(worker)
            await _drained(worker, self._house.sandbox.section.drain_timeout, self.settings.grace)
            self._set("waiting")
            while not await self._again():
                pass
            return
        while not await self._again(worker):
            if worker.gone.done():
                return
        draining = _drained(worker, self._house.sandbox.section.drain_timeout, self.settings.grace)
        task = self.leaving[worker] = asyncio.get_running_loop().create_task(draining, name=f"athena-drain-{name}")
        task.add_done_callback(lambda _: self.leaving.pop(worker, None))
        task.add_done_callback(lambda _: self._house.changed())

    def _count(self, reason: str) -> None:
        self.restarts += reason != "start"
        self._house.restarts[self.settings.name, reason] += 1

    def _set(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self._house.changed()


async def _proven(worker: Worker, backoff: Backoff) -> None:
    """Return when it has died, or has shown that it works: the other seats wait for that."""
    while worker.alive:
        if worker.finished or time.monotonic() - worker.ready_at >= _YOUNG:
            backoff.succeeded()
            return
        await asyncio.sleep(_LOOK)


async def _drained(worker: Worker, timeout: float, grace: float) -> None:
    """Let a worker finish its calls, and for so long its sessions; then let it go."""
    until = time.monotonic() + timeout
    # A look now and then is cheaper than an event for every session.
    while worker.alive and (worker.busy or (worker.sessions and time.monotonic() < until)):  # noqa: ASYNC110
        await asyncio.sleep(_LOOK)
    for session in list(worker.sessions):
        session.shut(Fault.UNAVAILABLE)
    await worker.stop(grace)
