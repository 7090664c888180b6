"""What the loopback does with a call: asks the dispatcher, as every transport has to."""

from __future__ import annotations

import asyncio
import time

from attrs import asdict, evolve

from athena.errors import Fault, ServiceError
from athena.interfaces import PluginContext, Session
from athena.models import EMPTY, Attempt, Description, Part, Principal, Reply, Request, Resource, Stage

from .wire import Message, Pipe, as_fault, carry_parts, carry_reply

__all__ = ["Desk", "Line"]


class Line:
    """The server's end of one attached session: writes come in here, replies leave by the pipe."""

    def __init__(self) -> None:
        self.pipe = Pipe()
        self.opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.session: Session | None = None
        self.refusal: ServiceError | None = None
        self.task: asyncio.Task[None] | None = None

    async def fail(self, error: ServiceError | None) -> None:
        """End it: a client that waits for its session to open is told there, any other by the pipe."""
        if not self.opened.done() and error is not None:
            self.opened.set_exception(error)
        await self.pipe.finish(error)


class Desk:
    """Serves one message at a time, with the dispatcher; what goes wrong is raised."""

    def __init__(self, transport: str, context: PluginContext) -> None:
        self._transport = transport
        self._context = context
        self._limit = context.limits.max_message

    async def describe(self, message: Message) -> Description:
        """What a service takes and gives."""
        await self.admit(message)
        view = self._context.dispatcher.services().get(message.service)
        if view is None:
            raise ServiceError(Fault.NOT_FOUND, f"no service {message.service!r}")
        return view.description

    async def admit(self, message: Message) -> Principal:
        """Exactly once per call, before the message is looked into."""
        attempt = Attempt(
            self._transport, message.operation, message.service, message.headers, "loopback", message.operation
        )
        return await self._context.dispatcher.authenticate(attempt)

    def request(self, message: Message, principal: Principal) -> Request:
        """The codec's work, with its limit."""
        deadline = None if message.remaining is None else time.monotonic() + message.remaining
        return Request(
            message.service,
            "",
            carry_parts(message.parts, self._limit),
            message.params,
            message.headers,
            message.expect,
            deadline,
            principal,
        )

    async def once(self, message: Message, pipe: Pipe) -> None:
        """A single call."""
        request = self.request(message, await self.admit(message))
        await pipe.put(carry_reply(await self._context.dispatcher.once(request), self._limit))
        await pipe.finish()

    async def stream(self, message: Message, pipe: Pipe) -> None:
        """A call with many replies."""
        replies = self._context.dispatcher.stream(self.request(message, await self.admit(message)))
        try:
            async for reply in replies:
                await pipe.put(carry_reply(reply, self._limit))
        finally:
            await replies.aclose()
        await pipe.finish()

    async def attached(self, message: Message, line: Line) -> None:
        """A session whose scope is this line."""
        request = self.request(message, await self.admit(message))
        session = await self._context.dispatcher.open(request, detached=False)
        try:
            line.session = session
            line.opened.set_result(session.sid)
            while True:
                reply = carry_reply(await session.read(), self._limit)
                await line.pipe.put(reply)
                if reply.stage is Stage.END:
                    break
            await line.pipe.finish()
        except ServiceError as error:
            # A refused write says best itself why it ended the session, unless it only crossed another end.
            refusal = line.refusal
            if refusal is None or (refusal.fault is Fault.SESSION_CLOSED and error.fault is not refusal.fault):
                raise
            raise refusal from None
        finally:
            await session.close()

    async def write(self, line: Line, parts: tuple[Part, ...]) -> None:
        """One write of an attached session; a refusal ends the session with that fault."""
        assert line.session is not None, "writes come after the session opened"
        try:
            await line.session.write(Request("", parts=carry_parts(parts, self._limit)))
        except ServiceError as error:
            line.refusal = error
            await line.session.close(error.fault)
            raise as_fault(error, self._context.log) from None

    async def detached(self, message: Message, pipe: Pipe) -> None:
        """One operation on a session that lives on between calls."""
        principal = await self.admit(message)
        dispatcher = self._context.dispatcher
        if message.operation == "open":
            request = self.request(message, principal)
            # The deadline is that of this call; the session outlives it.
            request = evolve(request, deadline=None)
            session = await dispatcher.open(request, detached=True, alias=message.alias)
            await pipe.put(Reply(attributes={"sid": session.sid}))
        else:
            session = dispatcher.session(message.key, principal)
            await pipe.put(await self._visit(session, self.request(message, principal), message))
        await pipe.finish()

    async def resources(self, message: Message, pipe: Pipe) -> None:
        """One operation on a service's personalised resources."""
        principal = await self.admit(message)
        dispatcher, service = self._context.dispatcher, message.service
        reply = Reply()
        if message.operation == "load":
            parts = carry_parts(message.parts, self._limit)
            await dispatcher.load(service, Resource(message.key, parts, message.params), principal)
        elif message.operation == "unload":
            await dispatcher.unload(service, message.key, principal)
        else:
            found = dispatcher.resources(service, principal)
            reply = Reply(tuple(Part.from_json(one.id, asdict(one)) for one in found))
        await pipe.put(reply)
        await pipe.finish()

    async def _visit(self, session: Session, request: Request, message: Message) -> Reply:
        """One call to a session that lives on between calls."""
        if message.operation == "write":
            await session.write(evolve(request, service=message.service))
        elif message.operation == "read":
            return carry_reply(await session.read(message.wait), self._limit)
        elif message.operation == "close":
            await session.close()
        return Reply(attributes=EMPTY if message.operation == "write" else {"sid": session.sid})
