"""The personalised resources of one service: bounded, named by requests, the same in every generation and worker."""

from __future__ import annotations

import asyncio
import logging
import os
import re

from attrs import define

from athena.errors import AthenaError, Executed, Fault, PluginError, ServiceError
from athena.interfaces import Executor
from athena.models import Request, Resource, ResourceView, ServiceSettings, named_resources

from .spool import digest, spooled

__all__ = ["Resources"]

log = logging.getLogger("athena.resources")

ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._:@+-]{1,128}")
"""An id is a path segment of a URL, and stands between semicolons in a header."""
AHEAD = 8
"""Resources that may wait to be loaded, each with its data in memory."""


@define(eq=False)
class _Held:
    """One resource.

    Attributes:
        view: What is told of it.
        users: Calls and sessions that name it.
        unused: Set while there are none.
        there: Whether requests find it: it has been loaded, and nobody unloads it.
    """

    view: ResourceView
    resource: Resource
    users: int
    unused: asyncio.Event
    there: bool = False


class Resources:
    """What a service holds, and who uses it.

    Attributes:
        settings: The service's table, for its bounds.
        users: The ids that each request under way names; empty where none does, which is all that a call looks at.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self.settings = settings
        self.users: dict[Request, tuple[str, ...]] = {}
        self._held: dict[str, _Held] = {}
        self._executors: list[Executor] = []
        self._lock = asyncio.Lock()
        self._waiting = 0
        self._kept: set[asyncio.Task[None]] = set()

    def views(self) -> tuple[ResourceView, ...]:
        """Those that requests find, by id."""
        found = sorted((held for held in self._held.values() if held.there), key=lambda held: held.view.id)
        return tuple(ResourceView(one.view.id, one.view.size, one.view.sha256, one.users) for one in found)

    def size(self) -> int:
        """Bytes of all of them."""
        return sum(held.view.size for held in self._held.values())

    def borrow(self, request: Request) -> None:
        """Have nobody unload what a request names, until ``give_back``.

        Raises:
            ServiceError: NOT_FOUND, where it names one that is not loaded.
        """
        names = named_resources(request.params, request.headers)
        if not names:
            return
        for name in names:
            held = self._held.get(name)
            if held is None or not held.there:
                raise ServiceError(Fault.NOT_FOUND, f"{self.settings.name} has no resource {name!r}; load it first")
        for name in names:
            held = self._held[name]
            held.users += 1
            held.unused.clear()
        self.users[request] = names

    def give_back(self, request: Request) -> None:
        """It is over."""
        for name in self.users.pop(request, ()):
            held = self._held[name]
            held.users -= 1
            if not held.users:
                held.unused.set()

    async def join(self, executor: Executor) -> None:
        """Give an executor that has started all there is; from then on it is told of each.

        Raises:
            AthenaError: It does not take one of them.
        """
        if executor.shelf is None:
            return
        async with self._lock:
            for held in self._held.values():
                await executor.shelf.load(held.resource)
            self._executors.append(executor)

    async def load(self, resource: Resource) -> None:
        """See :class:`athena.interfaces.Dispatcher`; a caller who leaves takes it back."""
        if not ID.fullmatch(resource.id):
            text = "letters, digits and . _ : @ + -, at most 128 of them"
            raise ServiceError(Fault.BAD_REQUEST, f"resource id {resource.id[:128]!r}: expected {text}")
        if self._waiting >= AHEAD:
            raise ServiceError(Fault.OVERLOADED, f"{self._waiting} resources are being loaded", retry_after=1.0)
        self._waiting += 1
        try:
            async with self._lock:
                await self._load(resource)
        finally:
            self._waiting -= 1

    async def unload(self, resource_id: str) -> None:
        """As above. Who leaves while it waits for users only leaves: it goes on."""
        held = self._held.get(resource_id)
        if held is None or not held.there:
            raise ServiceError(Fault.NOT_FOUND, f"{self.settings.name} has no resource {resource_id!r}")
        held.there = False
        task = asyncio.get_running_loop().create_task(self._unload(held), name=f"athena-unload-{self.settings.name}")
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)
        await asyncio.shield(task)

    async def _load(self, resource: Resource) -> None:
        sha256 = await asyncio.to_thread(digest, resource)
        before = self._held.get(resource.id)
        if before is not None:
            if not before.there:
                text = f"resource {resource.id!r} is being unloaded, and {before.users} calls and sessions use it yet"
                raise ServiceError(Fault.UNAVAILABLE, text, retry_after=1.0)
            if before.view.sha256 != sha256:
                text = f"resource {resource.id!r} is there with another content; unload it first"
                raise ServiceError(Fault.BAD_REQUEST, text)
            return
        size = sum(len(part.data) for part in resource.parts)
        self._fits(size)
        kept = await asyncio.to_thread(spooled, resource)
        await self._spread(kept)
        unused = asyncio.Event()
        unused.set()
        self._held[resource.id] = _Held(ResourceView(resource.id, size, sha256), kept, 0, unused, there=True)

    def _fits(self, size: int) -> None:
        settings = self.settings
        if len(self._held) >= settings.max_resources:
            text = f"{settings.name} holds {len(self._held)} resources, its max_resources; unload one"
            raise ServiceError(Fault.OVERLOADED, text)
        if self.size() + size > settings.max_resource_bytes:
            text = f"{size} bytes are too many beside the {self.size()} that {settings.name} holds"
            raise ServiceError(Fault.TOO_LARGE, f"{text}; its max_resource_bytes is {settings.max_resource_bytes}")

    async def _spread(self, resource: Resource) -> None:
        """To every executor, or to none."""
        self._executors = [one for one in self._executors if one.shelf is not None]
        told: list[Executor] = []
        try:
            for executor in self._executors:
                if await _given(executor, resource):
                    told.append(executor)
            if not told:
                text = f"{self.settings.name} is not running"
                raise ServiceError(Fault.UNAVAILABLE, text, retry_after=1.0)
        except BaseException as error:
            for executor in told:
                if executor.shelf is not None:
                    await executor.shelf.unload(resource.id)
            if isinstance(error, AthenaError) and not isinstance(error, ServiceError):
                raise _refusal(error) from error
            raise

    async def _unload(self, held: _Held) -> None:
        await held.unused.wait()
        async with self._lock:
            try:
                for executor in self._executors:
                    if executor.shelf is not None:
                        await executor.shelf.unload(held.view.id)
            finally:
                del self._held[held.view.id]


async def _given(executor: Executor, resource: Resource) -> bool:
    """Whether it has it; one that has stopped needs none."""
    if executor.shelf is None:
        return False
    try:
        await executor.shelf.load(resource)
    except AthenaError:
        if executor.shelf is not None:
            raise
    return executor.shelf is not None


def _refusal(error: AthenaError) -> ServiceError:
    """What the caller is told of a wrapper that does not take a resource."""
    if isinstance(error.__cause__, ServiceError):
        return error.__cause__  # its own words
    if isinstance(error, PluginError) and not error.plugin:
        return ServiceError(Fault.UNAVAILABLE, str(error), retry_after=1.0)  # no hook was run: others ran on
    error_id = os.urandom(4).hex()
    log.error("a resource was refused (error %s): %s", error_id, error)  # its words may be for nobody outside
    text = f"the wrapper failed to take the resource; error {error_id}"
    return ServiceError(Fault.USER_ERROR, text, executed=Executed.YES, error_id=error_id)
