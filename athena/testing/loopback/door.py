"""Where the loopback's calls come in: each is served in a task of the server's own, as on any wire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine

from attrs import evolve

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import PluginContext, Session
from athena.models import EMPTY, Attempt, Description, Part, Principal, Reply, Request, Stage

from .wire import Message, Pipe, as_fault, carry_parts, carry_reply

__all__ = ["Door", "Line"]

Finish = Callable[["ServiceError | None"], Awaitable[None]]


class Line:
    """The server's end of one attached session: writes come in here, replies leave by the pipe."""

    def __init__(self) -> None:
        self.pipe = Pipe()
        self.opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.session: Session | None = None
        self.task: asyncio.Task[None] | None = None

    async def fail(self, error: ServiceError | None) -> None:
        """End it: a client that waits for its session to open is told there, any other by the pipe."""
        if not self.opened.done() and error is not None:
            self.opened.set_exception(error)
        await self.pipe.finish(error)


class Door:
    """Serves calls with the dispatcher, once ``open``.

    Attributes:
        draining: New work is refused.
    """

    def __init__(self, transport: str, context: PluginContext) -> None:
        self._transport = transport
        self._context = context
        self._limit = context.limits.max_message
        self._opened = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._shut = False
        self.draining = False

    def open(self) -> None:
        """Let callers in."""
        self._opened.set()

    @property
    def serving(self) -> bool:
        """Whether new work is taken."""
        return self._opened.is_set() and not self.draining

    def call(self, message: Message, pipe: Pipe) -> asyncio.Task[None]:
        """Serve one call; cancelling the task is the client going away."""
        work = {"once": self._once, "stream": self._stream}.get(message.operation, self._detached)
        return self._begin(self._guarded(work(message, pipe), pipe.finish))

    def connect(self, message: Message) -> Line:
        """Serve one attached session."""
        line = Line()
        line.task = self._begin(self._guarded(self._attached(message, line), line.fail))
        return line

    async def describe(self, message: Message) -> Description:
        """What a service takes and gives."""
        await self._admit(message)
        view = self._context.dispatcher.services().get(message.service)
        if view is None:
            raise ServiceError(Fault.NOT_FOUND, f"no service {message.service!r}")
        return view.description

    async def shut(self, grace: float) -> None:
        """Wait ``grace`` seconds for what runs, and end the rest with UNAVAILABLE."""
        self.draining = True
        tasks = set(self._tasks)
        if tasks and grace:
            await asyncio.wait(tasks, timeout=grace)
        self._shut = True
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Coroutine[None, None, None], finish: Finish) -> None:
        """Every end of a call reaches its client, whatever ended it."""
        try:
            if self.draining:
                work.close()
                raise ServiceError(Fault.UNAVAILABLE, "the server is draining", retry_after=1.0)
            await self._opened.wait()
            await work
        except asyncio.CancelledError:
            if not self._shut:
                await finish(ServiceError(Fault.CANCELLED, "the client has gone", executed=Executed.UNKNOWN))
                raise
            await finish(ServiceError(Fault.UNAVAILABLE, "the server stopped", executed=Executed.UNKNOWN))
        except Exception as error:
            await finish(as_fault(error, self._context.log))

    async def _admit(self, message: Message) -> Principal:
        """Exactly once per call, before the message is looked into."""
        attempt = Attempt(
            self._transport, message.operation, message.service, message.headers, "loopback", message.operation
        )
        return await self._context.dispatcher.authenticate(attempt)

    def _request(self, message: Message, principal: Principal) -> Request:
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

    async def _once(self, message: Message, pipe: Pipe) -> None:
        request = self._request(message, await self._admit(message))
        await pipe.put(carry_reply(await self._context.dispatcher.once(request), self._limit))
        await pipe.finish()

    async def _stream(self, message: Message, pipe: Pipe) -> None:
        replies = self._context.dispatcher.stream(self._request(message, await self._admit(message)))
        try:
            async for reply in replies:
                await pipe.put(carry_reply(reply, self._limit))
        finally:
            await replies.aclose()
        await pipe.finish()

    async def _attached(self, message: Message, line: Line) -> None:
        request = self._request(message, await self._admit(message))
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
        finally:
            await session.close()

    async def write(self, line: Line, parts: tuple[Part, ...]) -> None:
        """One write of an attached session; a refusal ends the session with that fault."""
        assert line.session is not None, "writes come after the session opened"
        try:
            await line.session.write(Request("", parts=carry_parts(parts, self._limit)))
        except ServiceError as error:
            await line.fail(as_fault(error, self._context.log))
            await line.session.close(error.fault)
            raise as_fault(error, self._context.log) from None

    async def _detached(self, message: Message, pipe: Pipe) -> None:
        principal = await self._admit(message)
        dispatcher = self._context.dispatcher
        if message.operation == "open":
            request = self._request(message, principal)
            session = await dispatcher.open(request, detached=True, alias=message.alias)
            await pipe.put(Reply(attributes={"sid": session.sid}))
        else:
            session = dispatcher.session(message.key, principal)
            await pipe.put(await self._visit(session, self._request(message, principal), message))
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
