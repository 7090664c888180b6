"""The loopback's client end, for ``loopback://NAME``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

from attrs import evolve

from athena.errors import Fault, ServiceError
from athena.interfaces import Channel, Resources, Session
from athena.models import ChannelOptions, Description, Health, Reply, Request, Resource, ResourceView, Stage

from .desk import Line
from .door import Door
from .server import BOUND
from .wire import Message, Pipe, carry_parts, pack

__all__ = ["LoopbackChannel"]


class Caller:
    """What a channel has under way at one door."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.under_way: set[asyncio.Task[None]] = set()

    @property
    def door(self) -> Door:
        """The server's end; raises UNAVAILABLE where nobody is."""
        door = BOUND.get(self.name)
        if door is None:
            raise ServiceError(Fault.UNAVAILABLE, f"nothing listens at loopback://{self.name}")
        return door

    def begin(self, message: Message, pipe: Pipe) -> asyncio.Task[None]:
        """Send; the reply comes through the pipe."""
        task = self.door.call(message, pipe)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return task

    async def ask(self, message: Message) -> Reply:
        """Send, and wait for the one reply."""
        pipe = Pipe()
        task = self.begin(message, pipe)
        try:
            reply = await pipe.get()
        finally:
            await hang_up(task)
        assert reply is not None, "a call that ends well has a reply"
        return reply


class LoopbackChannel(Channel):
    """Calls a loopback transport of the same event loop.

    Args:
        url: ``loopback://NAME``.
        options: Headers are sent with every call.
    """

    def __init__(self, url: str, options: ChannelOptions) -> None:
        self._caller = Caller(urlsplit(url).netloc)
        self._options = options
        self.resources = LoopbackResources(self._caller, options)

    async def start(self) -> None:
        """Nothing to connect."""

    async def describe(self, service: str) -> Description:
        """What a service takes and gives."""
        return await self._caller.door.desk.describe(pack("describe", Request(service), self._options.headers))

    async def once(self, request: Request) -> Reply:
        """One request, one reply; cancelling it is the client going away."""
        return await self._caller.ask(pack("once", request, self._options.headers))

    async def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        """One request, many replies."""
        pipe = Pipe()
        task = self._caller.begin(pack("stream", request, self._options.headers), pipe)
        try:
            while (reply := await pipe.get()) is not None:
                yield reply
        finally:
            await hang_up(task)

    async def open(self, request: Request, *, detached: bool = False, alias: str | None = None) -> Session:
        """Begin a session, attached to this channel or detached."""
        message = evolve(pack("open", request, self._options.headers), alias=alias)
        if detached:
            opened = await self._caller.ask(message)
            return Detached(self._caller, opened.attributes["sid"], message)
        line = self._caller.door.connect(message)
        assert line.task is not None, "connect has begun a task"
        self._caller.under_way.add(line.task)
        line.task.add_done_callback(self._caller.under_way.discard)
        try:
            return Attached(self._caller.door, line, await line.opened)
        except BaseException:
            await hang_up(line.task)
            raise

    async def session(self, key: str) -> Session:
        """A detached session, by sid or alias."""
        return Detached(self._caller, key, pack("session", Request(""), self._options.headers))

    def health(self) -> Health:
        """Ready while the transport takes calls."""
        door = BOUND.get(self._caller.name)
        if door is None:
            return Health(False, f"nothing listens at loopback://{self._caller.name}")
        return Health(door.serving, "" if door.serving else "the server is draining")

    async def drain(self) -> None:
        """Wait for what is under way."""
        if self._caller.under_way:
            await asyncio.wait(set(self._caller.under_way))

    async def stop(self) -> None:
        """Go away: the server sees each call and each attached session lose its client."""
        for task in set(self._caller.under_way):
            await hang_up(task)


class LoopbackResources(Resources):
    """Personalised resources: one call each."""

    def __init__(self, caller: Caller, options: ChannelOptions) -> None:
        self._caller = caller
        self._options = options

    async def load(self, service: str, resource: Resource) -> None:
        """One call that loads; its parts and attributes are the message's."""
        await self._call("load", Request(service, parts=resource.parts, params=resource.attributes), resource.id)

    async def unload(self, service: str, resource_id: str) -> None:
        """One call that unloads."""
        await self._call("unload", Request(service), resource_id)

    async def listed(self, service: str) -> tuple[ResourceView, ...]:
        """One call that lists."""
        reply = await self._call("resources", Request(service))
        return tuple(ResourceView(**json.loads(part.text)) for part in reply.parts)

    async def _call(self, operation: str, request: Request, key: str = "") -> Reply:
        return await self._caller.ask(evolve(pack(operation, request, self._options.headers), key=key))


class Attached(Session):
    """A session whose scope is this channel's line."""

    def __init__(self, door: Door, line: Line, sid: str) -> None:
        self.sid = sid
        self._door = door
        self._line = line
        self._ended = False

    async def write(self, request: Request) -> None:
        """Send; waits until it was accepted."""
        if self._line.pipe.over or self._ended:
            raise ServiceError(Fault.SESSION_CLOSED, "the session has ended")
        await self._door.desk.write(self._line, carry_parts(request.parts, None))

    async def read(self, wait: float | None = None) -> Reply:
        """The next reply."""
        if self._ended:
            raise ServiceError(Fault.SESSION_CLOSED, "the session has ended")
        try:
            reply = await asyncio.wait_for(self._line.pipe.get(), wait)
        except asyncio.TimeoutError:
            return Reply()
        except ServiceError:
            self._ended = True
            raise
        if reply is None:
            self._ended = True
            raise ServiceError(Fault.SESSION_CLOSED, "the session has ended")
        self._ended = reply.stage is Stage.END
        return reply

    async def close(self, reason: Fault | None = None) -> None:
        """Hang up."""
        self._ended = True
        if self._line.task is not None:
            await hang_up(self._line.task)


class Detached(Session):
    """A session that is found by its sid or alias: each operation is a call of its own."""

    def __init__(self, caller: Caller, key: str, opening: Message) -> None:
        self.sid = key
        self._caller = caller
        self._opening = opening

    async def write(self, request: Request) -> None:
        """One call that writes."""
        await self._call("write", request)

    async def read(self, wait: float | None = None) -> Reply:
        """One call that reads."""
        return await self._call("read", Request(""), wait)

    async def close(self, reason: Fault | None = None) -> None:
        """One call that ends it; a session that has gone already is closed."""
        try:
            await self._call("close", Request(""))
        except ServiceError:
            return

    async def _call(self, operation: str, request: Request, wait: float | None = None) -> Reply:
        message = pack(operation, request, self._opening.headers)
        message = evolve(message, key=self.sid, wait=wait, service=self._opening.service)
        return await self._caller.ask(message)


async def hang_up(task: asyncio.Task[None]) -> None:
    """Cancel a call and wait until the server has let go of it."""
    task.cancel()
    await asyncio.wait({task})
