"""A client's connection: who waits hears of its end, whichever way it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import zmq

from athena.errors import Executed, Fault, ServiceError
from athena.models import Part, Reply, Request
from athena.testing.bounded import eventually
from athena_proto.native import encode_request
from athena_transport_zmq.envelope import HEAD, Operation, pack
from athena_transport_zmq.faults import encoded
from athena_transport_zmq.link import Link

if TYPE_CHECKING:
    from conftest import Serve, Served

ONCE = encode_request(Request("standin", parts=(Part("a", b"1"),)))


@pytest.fixture
async def link(served: Served) -> AsyncIterator[Link]:
    link = Link(served.url, f"127.0.0.1:{served.port}", 1 << 20, None)
    await link.connect(5.0)
    yield link
    await link.stop()


def hold(served: Served) -> asyncio.Event:
    """Calls that are never answered; the event is their cancellation."""
    cancelled = asyncio.Event()

    async def once(request: Request) -> Reply:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return Reply()

    served.dispatcher.once = once  # type: ignore[method-assign]
    return cancelled


async def ended(call: asyncio.Future[object]) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await asyncio.wait_for(call, 5)
    return caught.value


async def test_nobody_there_is_unavailable_and_said_in_time() -> None:
    link = Link("zmq://127.0.0.1:1", "127.0.0.1:1", 1 << 20, None)
    began = time.monotonic()
    with pytest.raises(ServiceError, match=r"no answer within 0\.2 s") as caught:
        await link.connect(0.2)
    assert caught.value.fault is Fault.UNAVAILABLE
    assert time.monotonic() - began < 5
    with pytest.raises(ServiceError, match="not connected"):
        link.send(Operation.ONCE, 1, b"", ONCE)
    await link.stop()


async def test_a_server_that_goes_leaves_it_open_whether_the_wrapper_ran(served: Served, link: Link) -> None:
    hold(served)
    call = asyncio.ensure_future(link.ask(Operation.ONCE, b"", ONCE, (), None))
    number, inflow = link.begin(Operation.STREAM, b"", ONCE, (), None)
    await eventually(lambda: len(served.dispatcher.attempts) == 2, "both calls arrived")
    await inflow.next()
    await served.server.stop()
    error = await ended(call)
    assert (error.fault, error.executed) == (Fault.UNAVAILABLE, Executed.UNKNOWN), "the server said goodbye"
    assert link.reason
    link.forget(number)
    with pytest.raises(ServiceError) as caught:
        await link.ask(Operation.ONCE, b"", ONCE, (), None)
    assert (caught.value.fault, caught.value.executed) == (Fault.UNAVAILABLE, Executed.NO)


async def test_a_connection_that_is_cut_fails_what_waits_at_once() -> None:
    # A server that says nothing when it goes: as if its process were killed.
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    router = context.socket(zmq.ROUTER)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    link = Link("zmq://x", f"127.0.0.1:{port}", 1 << 20, None)
    await link.connect(5.0)
    call = asyncio.ensure_future(link.ask(Operation.ONCE, b"", ONCE, (), None))
    await asyncio.to_thread(router.poll, 5000)
    context.destroy(0)
    error = await ended(call)
    assert (error.fault, error.executed) == (Fault.WORKER_LOST, Executed.UNKNOWN)
    await link.stop()


async def test_it_comes_back_when_the_server_does(served: Served, link: Link, serve: Serve) -> None:
    await link.ask(Operation.ONCE, b"", ONCE, (), None)
    await served.server.stop()
    await eventually(lambda: bool(link.reason), "the end was heard of")
    again = await serve(port=served.port)
    await eventually(lambda: not link.reason, "it is connected again")
    await link.ask(Operation.ONCE, b"", ONCE, (), None)
    assert len(again.dispatcher.attempts) == 1


async def test_a_deadline_is_kept_here_too_and_the_server_is_told(served: Served, link: Link) -> None:
    cancelled = hold(served)
    began = time.monotonic()
    call = asyncio.ensure_future(link.ask(Operation.ONCE, b"", ONCE, (), time.monotonic() + 0.2))
    error = await ended(call)
    assert (error.fault, error.executed) == (Fault.DEADLINE, Executed.UNKNOWN)
    assert 0.15 < time.monotonic() - began < 3
    await asyncio.wait_for(cancelled.wait(), 5)
    late = asyncio.ensure_future(link.ask(Operation.ONCE, b"", ONCE, (), time.monotonic() - 1))
    assert (await ended(late)).executed is Executed.NO


async def test_who_stops_waiting_cancels_the_call(served: Served, link: Link) -> None:
    cancelled = hold(served)
    call = asyncio.ensure_future(link.ask(Operation.ONCE, b"", ONCE, (), None))
    await eventually(lambda: bool(served.dispatcher.attempts), "the call arrived")
    call.cancel()
    await asyncio.wait_for(cancelled.wait(), 5)


async def test_stopping_ends_what_waits(served: Served, link: Link) -> None:
    hold(served)
    call = asyncio.ensure_future(link.ask(Operation.ONCE, b"", ONCE, (), None))
    await eventually(lambda: bool(served.dispatcher.attempts), "the call arrived")
    await link.stop()
    await link.stop()
    assert (await ended(call)).fault is Fault.CANCELLED
    with pytest.raises(ServiceError, match="stopped"):
        link.send(Operation.ONCE, 1, b"", ONCE)


async def test_a_draining_server_is_told_by_the_reason(served: Served, link: Link) -> None:
    await link.ask(Operation.ONCE, b"", ONCE, (), None)
    assert link.reason == ""
    await served.server.drain()
    await eventually(lambda: "shutting down" in link.reason, "the drain was heard of")
    error = await ended(asyncio.ensure_future(link.ask(Operation.ONCE, b"", ONCE, (), None)))
    assert (error.fault, error.executed) == (Fault.UNAVAILABLE, Executed.NO)
    assert error.retry_after


async def test_a_server_that_talks_nonsense_harms_only_the_call_it_is_about() -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    router = context.socket(zmq.ROUTER)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    link = Link("zmq://x", f"127.0.0.1:{port}", 1 << 20, None)
    await link.connect(5.0)
    first, second, third = (asyncio.ensure_future(link.ask(Operation.ONCE, b"", ONCE, (), None)) for _ in range(3))
    numbers = []
    for _ in range(3):
        await asyncio.to_thread(router.poll, 5000)
        identity, head, _ = router.recv_multipart()
        numbers.append(HEAD.unpack(head)[2])
    for head, message in (
        (b"short", b""),
        (pack(Operation.REPLY, 999), b""),
        (pack(Operation.FAULT, numbers[0]), b"\xff\xff"),
        (pack(Operation.REPLY, numbers[1]), b"fine"),
    ):
        router.send_multipart([identity, head, message])
    assert (await ended(first)).fault is Fault.BAD_REQUEST
    assert (await asyncio.wait_for(second, 5))[1] == b"fine"
    assert not third.done()
    everything = ServiceError(Fault.OVERLOADED, "all of it")
    router.send_multipart([identity, pack(Operation.FAULT, 0), encoded(everything)])
    assert (await ended(third)).fault is Fault.OVERLOADED
    await link.stop()
    context.destroy(0)
