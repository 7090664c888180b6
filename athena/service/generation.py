"""The executors of a service, one after the other: a new one warms up, the old one finishes what it has."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import attrs

from athena.describe import Checker, checker
from athena.interfaces import Executor
from athena.models import Description, Health, Request, ServiceSettings, WorkerView

from .resources import Resources

__all__ = ["Generation", "Generations"]

log = logging.getLogger("athena.service")


class Generation:
    """One executor, from its warm-up to its end: what it described, and the sessions that live on it.

    Attributes:
        executor: What runs the wrapper.
        settings: The table it was made from.
        facts: What it described, and what checks requests against that; None for one that answers for any name.
        failure: Why it did not come up, or "".
        sessions: Those that live on it.
    """

    def __init__(self, settings: ServiceSettings, executor: Executor, resources: Resources | None = None) -> None:
        """Args:
        resources: Those of its service: it has them before it is warm.
        """
        self.settings = settings
        self._resources = resources
        self.executor = executor
        self.facts: tuple[Description, Checker] | None = None
        self.failure = ""
        self.sessions = 0
        self._empty = asyncio.Event()
        self._empty.set()

    async def start(self) -> None:
        """Warm up; what refuses it is raised, and kept as the reason it is not ready."""
        try:
            description = await self.executor.start()
            if description is not None:
                self.facts = (description, checker(description))
            if self._resources is not None:
                await self._resources.join(self.executor)
        except BaseException as error:
            self.failure = str(error)
            raise

    def health(self) -> Health:
        """How it is."""
        return Health(False, self.failure) if self.failure else self.executor.health()

    def came(self) -> None:
        """A session begins on it."""
        self.sessions += 1
        self._empty.clear()

    def left(self) -> None:
        """A session of it is gone."""
        self.sessions -= 1
        if not self.sessions:
            self._empty.set()

    def check_of_writes(self) -> Callable[[Request], None] | None:
        """What raises ServiceError(BAD_REQUEST) where a session's write does not fit; None where anything fits."""
        return self.facts[1].parts if self.facts is not None and self.facts[1].describes_parts else None

    async def finish(self) -> None:
        """Stop it when its calls have been answered and its sessions have ended; nothing new comes any more."""
        await self.executor.drain()
        await self._empty.wait()
        # A hook may run on after its session's caller has gone.
        await self.executor.drain()
        await self.executor.stop()


class Generations:
    """Who is given what is new, and those that finish what they have.

    Attributes:
        current: The one that is given what is new.
        retiring: Earlier ones whose calls and sessions are not over.
    """

    def __init__(self, first: Generation, changed: Callable[[], None]) -> None:
        self.current = first
        self.retiring: dict[Generation, asyncio.Task[None]] = {}
        self._changed = changed

    def replace(self, new: Generation) -> None:
        """A warm one takes over; called on the loop, and nothing is awaited: no call falls in between."""
        old, self.current = self.current, new
        name = f"athena-retire-{new.settings.name}"
        self.retiring[old] = asyncio.get_running_loop().create_task(self._finish(old), name=name)
        self._changed()

    def health(self) -> Health:
        """The current one's; the workers of earlier ones count as draining."""
        health = self.current.health()
        old = sum(sum(one.executor.health().workers.values()) for one in self.retiring)
        return attrs.evolve(health, workers={**health.workers, "draining": old}) if old else health

    def workers(self) -> tuple[WorkerView, ...]:
        """Of all generations."""
        old = [attrs.evolve(worker, state="draining") for one in self.retiring for worker in one.executor.workers()]
        return (*self.current.executor.workers(), *old)

    async def stop(self, grace: float | None = None) -> None:
        """Stop them all, whatever they still have, within ``grace`` seconds."""
        generations = [self.current, *self.retiring]
        for task in self.retiring.values():
            task.cancel()
        await asyncio.gather(*(one.executor.stop(grace) for one in generations))

    async def _finish(self, old: Generation) -> None:
        try:
            await old.finish()
        except Exception:
            log.exception("%s: an earlier generation did not stop as it should", old.settings.name)
        finally:
            del self.retiring[old]
            self._changed()
