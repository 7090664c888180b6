"""Once, stream, describe, services: as any ZeroMQ client makes them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING

import pytest

from athena.errors import Executed, Fault
from athena.models import Description, Health, Part, Principal, Reply, Request, ServiceSettings, ServiceView
from athena.testing.bounded import eventually
from athena_proto import inference_pb2 as pb
from athena_proto.answers import decode_fault
from athena_proto.native import encode_request
from athena_transport_zmq.envelope import Operation
from athena_transport_zmq.flow import MESSAGES

if TYPE_CHECKING:
    from conftest import Bare, Connect, Serve, Served

ONCE = encode_request(Request("standin", parts=(Part("a", b"1"),)))


async def told(bare: Bare) -> tuple[Fault, Executed]:
    operation, _, message, _ = await bare.receive()
    assert operation == Operation.FAULT, Operation(operation).name
    error = decode_fault(message)
    return error.fault, error.executed


@pytest.mark.parametrize(
    "error",
    [SystemExit(3), KeyboardInterrupt(), StopIteration(), StopAsyncIteration(), MemoryError(), RecursionError()],
)
async def test_nothing_that_is_raised_ends_the_server(served: Served, bare: Bare, error: BaseException) -> None:
    served.dispatcher.error = error
    for operation in (Operation.ONCE, Operation.WRITE_DETACHED):
        bare.send(operation, 1, ONCE)
        assert (await told(bare))[0] is Fault.INTERNAL
    served.dispatcher.error = None
    bare.send(Operation.ONCE, 1, ONCE)
    assert (await bare.receive())[0] == Operation.REPLY


async def test_a_cancellation_that_nobody_asked_for_does_not_hang_the_client(served: Served, bare: Bare) -> None:
    served.dispatcher.error = asyncio.CancelledError()
    bare.send(Operation.ONCE, 1, ONCE)
    assert (await told(bare))[0] is Fault.CANCELLED


async def test_a_cancelled_call_is_cancelled_and_says_nothing_and_its_id_is_free(served: Served, bare: Bare) -> None:
    cancelled = asyncio.Event()
    answer = served.dispatcher.once

    async def once(request: Request) -> Reply:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return Reply()

    served.dispatcher.once = once  # type: ignore[method-assign]
    bare.send(Operation.ONCE, 1, ONCE)
    await eventually(lambda: bool(served.dispatcher.attempts), "the call arrived")
    bare.send(Operation.CANCEL, 1)
    await asyncio.wait_for(cancelled.wait(), 5)
    await bare.silence(0.1)
    served.dispatcher.once = answer  # type: ignore[method-assign]
    bare.send(Operation.ONCE, 1, ONCE)
    assert (await bare.receive())[:2] == (Operation.REPLY, 1)


async def test_a_signature_of_another_body_is_refused_before_it_is_decoded(served: Served, bare: Bare) -> None:
    data = encode_request(Request("standin", parts=(Part("a", b"x"),)))
    segment = b"beside"
    served.dispatcher.principal = Principal("ann", body_sha256=hashlib.sha256(data + segment).hexdigest())
    bare.send(Operation.ONCE, 1, data, b"other")
    assert await told(bare) == (Fault.UNAUTHENTICATED, Executed.NO)
    served.dispatcher.principal = Principal("ann", body_sha256=hashlib.sha256(data).hexdigest())
    bare.send(Operation.ONCE, 2, data)
    assert (await bare.receive())[0] == Operation.REPLY


async def test_too_many_calls_of_one_client_are_overloaded(serve: Serve, connect: Connect) -> None:
    served = await serve(max_calls=2)

    async def once(request: Request) -> Reply:
        await asyncio.Event().wait()
        return Reply()

    served.dispatcher.once = once  # type: ignore[method-assign]
    bare = connect(served)
    for number in (1, 2, 3):
        bare.send(Operation.ONCE, number, ONCE)
    operation, number, message, _ = await bare.receive()
    assert (operation, number, decode_fault(message).fault) == (Operation.FAULT, 3, Fault.OVERLOADED)


class Endless:
    """A stream that would go on for ever."""

    def __init__(self, served: Served) -> None:
        self.made = 0
        self.closed = False
        served.dispatcher.stream = self.stream  # type: ignore[method-assign]

    async def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        try:
            while True:
                self.made += 1
                yield Reply((Part("n", str(self.made).encode()),))
                await asyncio.sleep(0)
        finally:
            self.closed = True


async def test_a_stream_goes_as_far_as_its_credit_and_then_on(served: Served, bare: Bare) -> None:
    endless = Endless(served)
    bare.send(Operation.STREAM, 1, ONCE)
    got = [(await bare.receive())[2] for _ in range(MESSAGES)]
    await bare.silence(0.1)
    assert endless.made <= MESSAGES + 1
    bare.send(Operation.CREDIT, 1, pb.Credit(messages=5, bytes=1000).SerializeToString())
    got += [(await bare.receive())[2] for _ in range(5)]
    numbers = [int(pb.Reply.FromString(data).parts[0].data) for data in got]
    assert numbers == list(range(1, MESSAGES + 6)), "in order, and none is missing"
    bare.send(Operation.CANCEL, 1)
    await eventually(lambda: endless.closed, "the stream was closed")


async def test_who_takes_nothing_for_too_long_hears_a_fault(serve: Serve, connect: Connect) -> None:
    served = await serve(slow_reader=0.2)
    endless = Endless(served)
    bare = connect(served)
    bare.send(Operation.STREAM, 1, ONCE)
    for _ in range(MESSAGES):
        assert (await bare.receive())[0] == Operation.ITEM
    assert await told(bare) == (Fault.OVERLOADED, Executed.YES)
    assert endless.closed


async def test_garbage_for_a_credit_ends_the_call(served: Served, bare: Bare) -> None:
    endless = Endless(served)
    bare.send(Operation.STREAM, 1, ONCE)
    for _ in range(MESSAGES):
        await bare.receive()
    bare.send(Operation.CREDIT, 1, b"\xff")
    assert (await told(bare))[0] is Fault.BAD_REQUEST
    await eventually(lambda: endless.closed, "the stream was closed")


async def test_services_are_those_the_caller_may_use(served: Served, bare: Bare) -> None:
    view = ServiceView("ocr", Description("1.0"), Health(False, "starting"), ServiceSettings("ocr"))
    views = {"ocr": view, "asr": view}

    def services() -> Mapping[str, ServiceView]:
        return views

    served.dispatcher.services = services  # type: ignore[method-assign]
    served.dispatcher.principal = Principal("ann", scopes=frozenset({"ocr"}))
    bare.send(Operation.SERVICES, 1)
    operation, _, message, _ = await bare.receive()
    assert operation == Operation.SERVICE_LIST
    assert [one.name for one in pb.ServiceList.FromString(message).services] == ["ocr"]
    bare.send(Operation.DESCRIBE, 2, pb.DescribeRequest(service="ocr").SerializeToString())
    operation, _, message, _ = await bare.receive()
    assert (operation, pb.Description.FromString(message).version) == (Operation.DESCRIPTION, "1.0")
    bare.send(Operation.DESCRIBE, 3, pb.DescribeRequest(service="asr").SerializeToString())
    assert (await told(bare))[0] is Fault.NOT_FOUND
