"""A place for one worker: filled again whenever its worker dies, slower and slower where workers do not come up."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence

from attrs import evolve

from ..errors import AthenaError, Fault, PluginMissing, ServiceError
from ..interfaces import Allocator, Lease, PluginContext
from ..link.greeting import Ready
from ..link.peer import Entry
from ..models import ServiceSettings, WorkerView
from .sandbox import Sandbox
from .spawn import Start
from .worker import Worker

__all__ = ["Backoff", "Seat"]

log = logging.getLogger("athena.process")

_FIRST, _LONGEST = 0.1, 30.0
_MANY, _WITHIN = 5, 60.0
_YOUNG = 5.0
"""Seconds after READY in which a death without one finished call counts as a start that failed."""


class Backoff:
    """How long to wait before the next start; shared by the seats of one service.

    Attributes:
        reason: Why the last start failed.
        tripped: True from the moment more than 5 starts have failed within 60 s until a worker has shown that it
            works: callers are told at once, instead of waiting.
    """

    def __init__(self) -> None:
        self.reason = ""
        self.tripped = False
        self._failures: deque[float] = deque(maxlen=_MANY + 1)
        self._delay = 0.0
        self._until = 0.0
        self._cleared = asyncio.Event()

    def failed(self, reason: str) -> None:
        """A start failed. Seats that fail together, for one cause, count once."""
        now = time.monotonic()
        self.reason = reason
        if now < self._until:
            return
        self._failures.append(now)
        self.tripped = self.tripped or (len(self._failures) > _MANY and now - self._failures[0] < _WITHIN)
        self._delay = _LONGEST if self.tripped else min(_LONGEST, max(_FIRST, self._delay * 2))
        self._until = now + self._delay * random.uniform(0.8, 1.2)

    def succeeded(self) -> None:
        """A worker has shown that it works."""
        self.tripped = False
        self._failures.clear()
        self._delay = 0.0
        self._until = 0.0

    def clear(self) -> None:
        """There is a new configuration: try at once."""
        self.succeeded()
        self._cleared.set()
        self._cleared = asyncio.Event()

    async def wait(self) -> None:
        """Return when the next start may be made."""
        delay = self._until - time.monotonic()
        if delay > 0:
            waiting = asyncio.ensure_future(self._cleared.wait())
            try:
                await asyncio.wait([waiting], timeout=delay)
            finally:
                waiting.cancel()


class Seat:
    """Keeps one worker running.

    Attributes:
        settings: What the next worker is started with.
        state: ``starting``, ``ready``, ``waiting`` (for the next start), ``failed`` or ``stopped``.
        restarts: How often its worker has died and another one was started.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        context: PluginContext,
        command: Sequence[str] | None,
        sandbox: Sandbox,
        backoff: Backoff,
        came: Callable[[Worker], None],
        died: Callable[[Worker, list[Entry]], None],
        changed: Callable[[], None],
    ) -> None:
        """Args:
        command: The argv of a program that is a worker; None for the standard child.
        came: Told of every worker that is ready.
        died: Told of every worker's end, with what it had not seen.
        changed: Called when the state changes.
        """
        self.settings = settings
        self.state = "starting"
        self.restarts = 0
        self._context = context
        self._command = command
        self._sandbox = sandbox
        self._backoff = backoff
        self._came = came
        self._died = died
        self._changed = changed
        self._lease: Lease | None = None
        self._worker: Worker | None = None
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
        """End its worker and give its lease back."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._worker is not None:
            await self._worker.stop(grace)
        self._set("stopped")
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.release()

    def view(self) -> WorkerView:
        """It and its worker, for operators."""
        worker = self._worker
        if worker is None or not worker.alive:
            return WorkerView(0 if worker is None else worker.pid, self.state, restarts=self.restarts)
        age = time.monotonic() - worker.ready_at
        return WorkerView(
            worker.pid, self.state, age, self.restarts, worker.busy, len(worker.sessions), worker.finished
        )

    async def _up(self) -> Ready:
        self._set("starting")
        lease = await self._leased()
        start = Start(self.settings.name, self._command, self.settings.python, sandbox=self._sandbox)
        if lease is not None:
            start = evolve(start, environment=dict(lease.env), cpus=lease.cpus)
        devices = () if lease is None else lease.devices
        worker = self._worker = Worker(self.settings, self._context.limits, devices, self._died)
        try:
            ready = await worker.start(start)
        except BaseException:
            self._set("waiting")
            await worker.stop(0.0)
            raise
        self._set("ready")
        self._came(worker)
        return ready

    async def _keep(self) -> None:
        while True:
            worker = self._worker
            assert worker is not None  # start() or the line below made it
            how = await asyncio.shield(worker.gone)
            self.restarts += 1
            self._judge(worker, how)
            while not await self._again():
                pass

    def _judge(self, worker: Worker, how: str) -> None:
        log.warning("%s: a worker %s; another one is started", self.settings.name, how)
        young = worker.ready_at > 0.0 and time.monotonic() - worker.ready_at < _YOUNG and not worker.finished
        if young and not worker.condemned:
            self._backoff.failed(f"its workers die at once: the last one {how}")
        elif worker.ready_at > 0.0:
            self._backoff.succeeded()
        self._set("waiting")

    async def _again(self) -> bool:
        if self._backoff.tripped:
            self._set("failed")
        await self._backoff.wait()
        try:
            await self._up()
        except AthenaError as error:
            log.error("%s: a worker did not come up: %s", self.settings.name, error)
            self._backoff.failed(str(error))
            if self._backoff.tripped:
                self._set("failed")
            return False
        return True

    async def _leased(self) -> Lease | None:
        """The lease, taken before the first spawn and kept over restarts."""
        if self.settings.gpu is None or self._lease is not None:
            return self._lease
        try:
            allocator = self._context.find(Allocator)
        except LookupError as error:
            text = (
                f"services.{self.settings.name}.gpu: no plugin gives out GPUs; switch one on with a [gpu.<name>] table"
            )
            raise PluginMissing(text) from error
        loop = asyncio.get_running_loop()
        try:
            self._lease = await loop.run_in_executor(None, allocator.lease, self.settings.gpu)
        except ServiceError:
            raise
        except Exception as error:
            text = f"services.{self.settings.name}: no GPU: {type(error).__name__}: {error}"
            raise ServiceError(Fault.UNAVAILABLE, text) from error

        def lost(reason: str) -> None:
            loop.call_soon_threadsafe(self._lost_device, reason)

        self._lease.on_lost(lost)
        return self._lease

    def _lost_device(self, reason: str) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.release()
        if self._worker is not None:
            self._worker.kill(f"lost its GPU: {reason}")

    def _set(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self._changed()
