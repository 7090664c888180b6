"""Who speaks and what is asked: nonsense is answered, strangers are not believed, who goes is missed at once."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

import pytest
import zmq

from athena.errors import Fault
from athena.models import Part, Reply, Request
from athena.testing.bounded import eventually
from athena_proto import inference_pb2 as pb
from athena_proto.answers import decode_fault
from athena_proto.native import encode_request
from athena_transport_zmq.envelope import Operation

if TYPE_CHECKING:
    from conftest import Bare, Connect, Served

ONCE = encode_request(Request("standin", parts=(Part("a", b"1"),)))


async def fault(bare: Bare) -> tuple[int, Fault, str]:
    operation, number, message, _ = await bare.receive()
    assert operation == Operation.FAULT
    error = decode_fault(message)
    return number, error.fault, error.message


async def test_the_guard_sees_who_calls_what(served: Served, bare: Bare) -> None:
    bare.send(Operation.ONCE, 7, ONCE, headers=pb.Headers(headers={"X-Key": "k"}).SerializeToString())
    operation, number, _, _ = await bare.receive()
    assert (operation, number) == (Operation.REPLY, 7)
    (attempt,) = served.dispatcher.attempts
    assert (attempt.transport, attempt.operation, attempt.service, attempt.method) == ("zmq", "once", "standin", "ONCE")
    assert attempt.headers == {"x-key": "k"}
    host, _, port = attempt.peer.rpartition(":")
    assert host == "127.0.0.1"
    assert int(port) > 0


@pytest.mark.parametrize("head", [b"", b"\x01", b"\x02" + bytes(9), b"GET / HTTP/1.1"])
async def test_a_head_of_no_known_version_is_answered_under_no_id(bare: Bare, head: bytes) -> None:
    bare.socket.send_multipart([head, b"message"])
    number, name, _ = await fault(bare)
    assert (number, name) == (0, Fault.BAD_REQUEST)


async def test_nonsense_is_answered_under_its_own_id(served: Served, bare: Bare) -> None:
    bare.send(99, 7)
    assert (await fault(bare))[:2] == (7, Fault.UNSUPPORTED)
    bare.send(Operation.ONCE, 8, b"\xff\xff")
    assert (await fault(bare))[:2] == (8, Fault.BAD_REQUEST)
    bare.send(Operation.ONCE, 9, ONCE, *[b"segment"] * 14)
    number, name, said = await fault(bare)
    assert (number, name) == (9, Fault.BAD_REQUEST)
    assert "more than 15 in one message" in said
    bare.send(Operation.ONCE, 10, ONCE, b"a segment that no part names")
    assert (await fault(bare))[:2] == (10, Fault.BAD_REQUEST)
    bare.socket.send_multipart([struct.pack("!BBQ", 1, Operation.DESCRIBE, 11)])  # no message at all
    assert (await fault(bare))[:2] == (11, Fault.NOT_FOUND)
    bare.send(Operation.CREDIT, 12, b"\xff")
    await bare.silence(0.05)  # a credit for what is not there is nobody's business
    bare.send(Operation.PING, 13)
    assert (await bare.receive())[:2] == (Operation.PONG, 13)


async def test_a_routing_id_that_a_client_chose_is_refused(served: Served, connect: Connect) -> None:
    client = connect(served, routing_id=b"somebody-else")
    client.send(Operation.ONCE, 1, ONCE)
    number, name, said = await fault(client)
    assert (number, name) == (0, Fault.BAD_REQUEST)
    assert "ZMQ_ROUTING_ID" in said
    assert served.dispatcher.attempts == []


async def test_an_id_under_way_cannot_be_used_again(served: Served, bare: Bare) -> None:
    gate = asyncio.Event()

    async def once(request: Request) -> Reply:
        await gate.wait()
        return Reply()

    served.dispatcher.once = once  # type: ignore[method-assign]
    bare.send(Operation.ONCE, 1, ONCE)
    bare.send(Operation.ONCE, 1, ONCE)
    assert (await fault(bare))[:2] == (1, Fault.BAD_REQUEST)
    gate.set()
    assert (await bare.receive())[0] == Operation.REPLY


async def test_a_client_that_goes_is_missed_within_a_second(served: Served, connect: Connect) -> None:
    cancelled = asyncio.Event()

    async def once(request: Request) -> Reply:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return Reply()

    served.dispatcher.once = once  # type: ignore[method-assign]
    client = connect(served)
    client.send(Operation.ONCE, 1, ONCE)
    await eventually(lambda: bool(served.dispatcher.attempts), "the call arrived")
    client.close()
    await asyncio.wait_for(cancelled.wait(), 1.0)


async def test_one_that_went_before_it_was_heard_is_forgotten(served: Served, connect: Connect) -> None:
    for _ in range(20):
        client = connect(served)
        client.socket.setsockopt(zmq.LINGER, 1000)
        client.send(Operation.ONCE, 1, ONCE)
        client.socket.close()
    late = connect(served)
    late.send(Operation.PING, 1)
    assert (await late.receive())[0] == Operation.PONG
    exchange = served.server._exchange
    assert exchange is not None
    await eventually(lambda: len(exchange._peers) == 1, "only the one that stayed is known")
    late.close()
    await eventually(
        lambda: not exchange._peers and not exchange._by_fd and not exchange._connections, "nobody is left"
    )


async def test_handmade_streams_deliver_nothing(served: Served, connect: Connect) -> None:
    # ZMTP 1.0, as the oldest clients spoke it, and what a browser says: libzmq would deliver both without ZAP.
    for noise in (b"\x01\x00\x06\x00hello\x06\x00world", b"GET / HTTP/1.1\r\n\r\n", b"\xff" + bytes(60)):
        with socket.create_connection(("127.0.0.1", served.port)) as raw:
            raw.sendall(noise)
            await asyncio.sleep(0.1)
    client = connect(served)
    client.send(Operation.PING, 1)
    assert (await client.receive())[0] == Operation.PONG
    assert served.dispatcher.attempts == []
    exchange = served.server._exchange
    assert exchange is not None
    assert len(exchange._peers) == 1
