"""The seats of one service and the pool of their workers: they start, fail, reload and stop together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from ..errors import Fault
from ..interfaces import PluginContext
from ..link.frames import CHECK, RELOAD
from ..link.greeting import Ready
from ..link.peer import Entry
from ..models import Health, ServiceSettings, WorkerView
from .backoff import Backoff
from .parcels import tell
from .pool import Pool
from .sandbox import Sandbox
from .seat import House, Seat
from .shelf import WorkerShelf
from .wear import Wear
from .worker import Worker

__all__ = ["Staff"]

log = logging.getLogger("athena.process")

KILLED = 0.2
"""Seconds from SIGKILL until everybody has noticed."""


class Staff:
    """``workers`` and ``spares`` of one service, from the first start to the stop.

    Attributes:
        pool: Who runs what.
        shelf: The resources that all of them have.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        context: PluginContext,
        command: Sequence[str] | None,
        sandbox: Sandbox,
        changed: Callable[[], None],
    ) -> None:
        """Args:
        command: The argv of a program that is a worker; None for the standard child.
        changed: Called when the health has changed.
        """
        self.pool = Pool(settings, context.limits)
        self.shelf = WorkerShelf(self.pool, settings.name, settings.init_timeout)
        self._name = settings.name
        self._changed = changed
        self._backoff = Backoff()
        self._over = False
        restarts = context.figures.counter(
            "athena_worker_restarts_total", "Workers that ended and were replaced.", ("service", "reason")
        )
        house = House(context, command, sandbox, self._backoff, self.pool, self._died, self._look, restarts, self.shelf)
        self._seats = [Seat(settings, house) for _ in range(settings.workers + settings.spares)]
        self._hooks: frozenset[str] = frozenset()
        self._wear = Wear(sandbox.section.max_rss, self.pool)

    async def start(self) -> Ready:
        """Bring all of them up.

        Raises:
            PluginError, SettingsError, ServiceError: Why one did not come up.
        """
        outcomes = await asyncio.gather(*(seat.start() for seat in self._seats), return_exceptions=True)
        refusals = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if refusals:
            raise refusals[0]
        self._wear.start()
        ready = next(outcome for outcome in outcomes if isinstance(outcome, Ready))
        self._hooks = ready.hooks
        return ready

    async def check(self, head: bytes, timeout: float) -> None:
        """Ask every worker whether a change would do; the first refusal is raised.

        Raises:
            PluginError, SettingsError: One refuses.
            ServiceError, asyncio.TimeoutError: One was lost, or said nothing.
        """
        await _all(worker.ask(CHECK, head, timeout) for worker in self.pool.workers)

    async def reload(self, settings: ServiceSettings, head: bytes) -> None:
        """Give every worker the change; later ones start on it."""
        for seat in self._seats:
            seat.settings = settings
        await asyncio.gather(*(self._reload(worker, head, settings.init_timeout) for worker in self.pool.workers))
        self._backoff.clear()

    def settle(self, settings: ServiceSettings) -> None:
        """New limits of batches, for the workers that are up and for later ones."""
        for seat in self._seats:
            seat.settings = settings
        for worker in self.pool.workers:
            tell(worker, settings.batch, self._hooks)

    async def stop(self, grace: float, limit: float | None = None) -> None:
        """Close the sessions, then the workers: running hooks have ``grace`` seconds.

        Args:
            limit: Seconds for all of it; then what is left is killed.
        """
        share = grace if limit is None else min(grace, 0.4 * limit)
        letting_go = asyncio.ensure_future(self._let_go(share))
        await asyncio.wait([letting_go], timeout=limit)
        if not letting_go.done():
            log.warning("%s: its workers did not end in time, and are killed", self._name)
            for worker in (*self.pool.workers, *self.pool.leaving):
                worker.kill("was killed: it did not stop in time", "stopped")
            await asyncio.wait([letting_go], timeout=KILLED)
        if letting_go.cancel():
            return
        letting_go.result()

    async def _let_go(self, grace: float) -> None:
        self._over = True
        self._wear.stop()
        self.pool.close(f"{self._name} has stopped")
        sessions = [session for worker in (*self.pool.workers, *self.pool.leaving) for session in worker.sessions]
        for session in sessions:
            session.shut(Fault.UNAVAILABLE)
        if sessions:
            await asyncio.wait([asyncio.ensure_future(session.close()) for session in sessions], timeout=grace)
        await asyncio.gather(*(seat.stop(grace) for seat in self._seats))

    def health(self) -> Health:
        """What is up, and why the rest is not."""
        states = Counter(seat.state for seat in self._seats)
        missing = len(self._seats) - states["ready"]
        draining = sum(len(seat.leaving) for seat in self._seats)
        if draining:
            states["draining"] = draining
        if not states["ready"]:
            return Health(False, self.pool.closed or self._backoff.reason or "no worker is ready", states)
        away = f"{missing} of {len(self._seats)} workers" if missing else ""
        if away and self._backoff.repeated:
            return Health(True, f"{away} do not come up: {self._backoff.reason}", states)
        return Health(True, f"{away} are being restarted" if away else "", states)

    def workers(self) -> tuple[WorkerView, ...]:
        """Every seat, for operators."""
        return tuple(seat.view() for seat in self._seats)

    def _died(self, worker: Worker, unseen: list[Entry]) -> None:
        self.pool.died(worker, unseen)
        self._changed()

    def _look(self) -> None:
        """A seat's state has changed: callers wait only while there is something to wait for."""
        if not self._over:
            if self._backoff.tripped:
                # One tries now and then; the others wait for what it finds.
                for seat in self._seats:
                    seat.state = "failed" if seat.state == "waiting" else seat.state
            ready = any(seat.state == "ready" for seat in self._seats)
            if self._backoff.tripped and not ready and not self.pool.closed:
                self.pool.close(f"{self._name} has failed: {self._backoff.reason}")
            elif self.pool.closed and ready:
                self.pool.close("")
        self._changed()

    async def _reload(self, worker: Worker, head: bytes, timeout: float) -> None:
        try:
            await worker.ask(RELOAD, head, timeout)
        except (Exception, asyncio.TimeoutError) as error:
            # The reason is the wrapper's text: it belongs into the log, and not into what its callers are told.
            log.error("%s: a worker did not take the new configuration: %s", self._name, error)
            self.pool.retire(worker)
            worker.kill("was replaced: it did not take the new configuration", "reload")


async def _all(questions: Iterable[Coroutine[Any, Any, None]]) -> None:  # Any: what coroutines send is nobody's
    tasks = [asyncio.ensure_future(question) for question in questions]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
