"""The operations that are one call each, and what every operation goes through: who is it, its work, reply or fault."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing

from attrs import frozen

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Dispatcher
from athena.models import EMPTY, Attempt, Principal, Reply, Request
from athena_proto import inference_pb2 as pb
from athena_proto.answers import encode_description, encode_services
from athena_proto.native import decode_request, encode_reply, parse, peek_service, unnamed, verify

from .envelope import HEAD, Operation, headers_of
from .flow import Flow
from .peers import Peer
from .wire import Buffer

__all__ = ["Act", "Call", "Calls", "Runner", "deliver"]

NAME = "zmq"
_NAMES = {int(operation): operation.name for operation in Operation}


@frozen(eq=False)
class Call:
    """One operation, authenticated.

    Attributes:
        peer: Who asked.
        number: The id the client gave it.
        data: The message, not decoded yet.
        segments: What travelled beside it.
        headers: What the client says of itself.
        principal: Who was authenticated.
    """

    peer: Peer
    number: int
    data: Buffer
    segments: Sequence[Buffer]
    headers: Mapping[str, str]
    principal: Principal

    def decoded(self, max_message: int) -> tuple[Request, str]:
        """The request in the message, and the alias it names."""
        return decode_request(
            self.data, self.segments, principal=self.principal, headers=self.headers, max_message=max_message
        )


Act = Callable[[Call], Awaitable[None]]


class Runner:
    """Runs operations, one task each."""

    def __init__(self, dispatcher: Dispatcher, max_calls: int) -> None:
        self._dispatcher = dispatcher
        self._max_calls = max_calls
        self._loop = asyncio.get_running_loop()

    def start(
        self, name: str, act: Act, peer: Peer, number: int, head: bytes, data: Buffer, segments: Sequence[Buffer]
    ) -> None:
        """Begin an operation; its outcome is sent to the peer.

        Args:
            name: The operation, as guards know it.
            act: What it does.
            peer: Who asked.
            number: The id the client gave it.
            head: The frame with the client's headers.
            data: The message.
            segments: What travelled beside it.
        """
        tasks = peer.tasks
        if number in tasks:
            peer.fault(number, ServiceError(Fault.BAD_REQUEST, f"id {number} is in use; give every call its own"))
        elif len(tasks) >= self._max_calls:
            text = f"this client has {len(tasks)} calls and sessions under way; no more are taken"
            peer.fault(number, ServiceError(Fault.OVERLOADED, text))
        else:
            tasks[number] = self._loop.create_task(self._run(name, act, peer, number, head, data, segments))

    async def _run(
        self, name: str, act: Act, peer: Peer, number: int, head: bytes, data: Buffer, segments: Sequence[Buffer]
    ) -> None:
        try:
            headers = headers_of(head) if len(head) > HEAD.size else EMPTY
            attempt = Attempt(NAME, name, peek_service(data), headers, peer.address, _NAMES[head[1]])
            principal = await self._dispatcher.authenticate(attempt)
            if principal.body_sha256 is not None:
                verify(principal, data, *segments)
            await act(Call(peer, number, data, segments, headers, principal))
        except GeneratorExit:
            raise  # the loop is being torn down; nothing can be sent any more
        except asyncio.CancelledError:
            # Whoever cancels takes the task out first; else nobody did, and the client must not wait for ever.
            if peer.tasks.get(number) is asyncio.current_task():
                peer.fault(number, ServiceError(Fault.CANCELLED, "the call was cancelled by the server"))
        except BaseException as error:  # SystemExit too: it would end the server
            peer.fault(number, error)
        finally:
            # A client that cancels may use the id again at once.
            if peer.tasks.get(number) is asyncio.current_task():
                del peer.tasks[number]


class Calls:
    """One request, one or many replies."""

    def __init__(self, dispatcher: Dispatcher, max_message: int, patience: float) -> None:
        self._dispatcher = dispatcher
        self._max_message = max_message
        self._patience = patience

    def acts(self) -> dict[int, tuple[str, Act]]:
        """What is done for each operation, and its name for guards."""
        return {
            Operation.ONCE: ("once", self.once),
            Operation.STREAM: ("stream", self.stream),
            Operation.DESCRIBE: ("describe", self.describe),
            Operation.SERVICES: ("describe", self.services),
        }

    async def once(self, call: Call) -> None:
        """One request, one reply."""
        request = unnamed(call.decoded(self._max_message)[0])
        call.peer.reply(Operation.REPLY, call.number, await self._dispatcher.once(request))

    async def stream(self, call: Call) -> None:
        """One request, many replies; a client that grants no more credit holds the wrapper up."""
        request = unnamed(call.decoded(self._max_message)[0])
        peer, number = call.peer, call.number
        flow = peer.flows[number] = Flow()
        try:
            async with aclosing(self._dispatcher.stream(request)) as replies:
                async for reply in replies:
                    await deliver(peer, number, flow, reply, self._patience)
            peer.send(Operation.DONE, number)
        finally:
            if peer.flows.get(number) is flow:
                del peer.flows[number]

    async def describe(self, call: Call) -> None:
        """What one service takes and gives."""
        name = parse(pb.DescribeRequest, call.data).service
        views = self._dispatcher.services()
        view = views.get(name)
        scopes = call.principal.scopes
        if view is None or (scopes is not None and name not in scopes):
            raise ServiceError(Fault.NOT_FOUND, f"no service {name!r}; this server has: {', '.join(views) or 'none'}")
        call.peer.send(Operation.DESCRIPTION, call.number, encode_description(view.description))

    async def services(self, call: Call) -> None:
        """Every service the caller may use."""
        parse(pb.ServicesRequest, call.data)
        scopes = call.principal.scopes
        views = self._dispatcher.services()
        mine = {name: view for name, view in views.items() if scopes is None or name in scopes}
        call.peer.send(Operation.SERVICE_LIST, call.number, encode_services(mine))


async def deliver(peer: Peer, number: int, flow: Flow, reply: Reply, patience: float) -> None:
    """Send one reply of many, as soon as the client has room for it.

    Raises:
        ServiceError: OVERLOADED, when it had none for ``patience`` seconds.
    """
    if not flow.open and not await flow.wait(patience):
        text = f"the client has taken nothing for {patience:g} s, while replies were waiting"
        raise ServiceError(Fault.OVERLOADED, text, executed=Executed.YES)
    segments: list[Buffer] = []
    data = encode_reply(reply, "", segments)
    flow.spend(len(data) + sum(map(len, segments)))
    peer.send(Operation.ITEM, number, data, segments)
