"""Every connection is judged: loopback, or a known key."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import zmq
from zmq.utils import z85

from athena_transport_zmq.envelope import Operation
from athena_transport_zmq.zap import DOMAIN, Zap, is_loopback, plain

if TYPE_CHECKING:
    from conftest import Connect, Serve


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "::ffff:127.0.0.1"])
def test_loopback_is_known(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "::", "10.0.0.1", "192.168.1.1", "::ffff:10.0.0.1", "example.org", "", "*"]
)
def test_the_rest_is_not(address: str) -> None:
    assert not is_loopback(address)


@pytest.mark.parametrize(
    ("address", "same"),
    [("::ffff:10.0.0.1", "10.0.0.1"), ("[::1]", "::1"), ("0::1", "::1"), ("", ""), ("x", "x")],
)
def test_an_address_has_one_spelling(address: str, same: str) -> None:
    assert plain(address) == same


class Asking:
    """A ZAP handler, and libzmq's side of it."""

    def __init__(self, keys: tuple[str, ...] = (), room: bool = True) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.zap = Zap(self.context, keys, lambda address: room)
        self.zap.open()
        self.socket = self.context.socket(zmq.REQ)
        self.socket.connect("inproc://zeromq.zap.01")

    async def ask(self, *frames: bytes) -> list[bytes]:
        self.socket.send_multipart(frames)
        for _ in range(500):
            try:
                return self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                await asyncio.sleep(0.005)
        raise AssertionError("no answer")

    def close(self) -> None:
        self.zap.close()
        self.socket.close(0)
        self.context.term()


async def test_null_is_for_loopback_only_and_curve_for_known_keys() -> None:
    public, _ = zmq.curve_keypair()
    other, _ = zmq.curve_keypair()
    asking = Asking((public.decode(),))
    cases = (
        (DOMAIN, b"127.0.0.1", b"NULL", (), b"200"),
        (DOMAIN, b"10.0.0.1", b"NULL", (), b"400"),
        (DOMAIN, b"10.0.0.1", b"CURVE", (z85.decode(public),), b"200"),
        (DOMAIN, b"10.0.0.1", b"CURVE", (z85.decode(other),), b"400"),
        (DOMAIN, b"10.0.0.1", b"CURVE", (b"short",), b"400"),
        (DOMAIN, b"127.0.0.1", b"PLAIN", (b"user", b"word"), b"400"),
        (b"other", b"127.0.0.1", b"NULL", (), b"400"),
        (DOMAIN, b"\xff\xfe", b"NULL", (), b"400"),
    )
    try:
        for domain, address, mechanism, credentials, status in cases:
            answer = await asking.ask(b"1.0", b"7", domain, address, b"", mechanism, *credentials)
            assert (answer[0], answer[1], answer[2]) == (b"1.0", b"7", status), (domain, address, mechanism)
        assert (await asking.ask(b"2.0", b"8"))[2] == b"500"
    finally:
        asking.close()


async def test_when_there_is_no_room_who_comes_is_told_to_come_later() -> None:
    asking = Asking(room=False)
    try:
        assert (await asking.ask(b"1.0", b"7", DOMAIN, b"127.0.0.1", b"", b"NULL"))[2] == b"300"
    finally:
        asking.close()


async def test_one_connection_too_many_is_not_let_in(serve: Serve, connect: Connect) -> None:
    served = await serve(max_connections=2, handshake_timeout=0.3)
    inside = [connect(served) for _ in range(2)]
    for number, client in enumerate(inside):
        client.send(Operation.PING, number + 1)
        assert (await client.receive())[0] == Operation.PONG
    outside = connect(served)
    outside.send(Operation.PING, 1)
    await outside.silence()
    inside[0].close()
    # libzmq tries again by itself when the handshake comes to nothing, and now there is room.
    assert (await outside.receive())[0] == Operation.PONG


async def test_one_connection_too_many_of_one_address_is_not_let_in_and_others_are(
    serve: Serve, connect: Connect
) -> None:
    served = await serve(max_connections_per_address=2, handshake_timeout=0.3)
    inside = [connect(served) for _ in range(2)]
    elsewhere = [connect(served, source="127.0.0.2:0;") for _ in range(2)]
    for number, client in enumerate([*inside, *elsewhere]):
        client.send(Operation.PING, number + 1)
        assert (await client.receive())[0] == Operation.PONG
    outside = connect(served)
    outside.send(Operation.PING, 1)
    await outside.silence()
    inside[0].close()
    assert (await outside.receive())[0] == Operation.PONG
