"""A client's socket, and the next one."""

from __future__ import annotations

import asyncio

import zmq

from athena.testing.bounded import eventually
from athena_transport_zmq.dial import Dial


async def test_a_new_socket_brings_nothing_of_the_old_one() -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    router = context.socket(zmq.ROUTER)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    told: list[int] = []
    dial = Dial(f"127.0.0.1:{port}", 1 << 20, None, lambda *_: None, lambda event, _: told.append(event))
    assert dial.wire is None
    dial.open()
    await eventually(lambda: zmq.EVENT_HANDSHAKE_SUCCEEDED in told, "it is connected")
    first = dial.wire
    router.close(0)
    await eventually(lambda: zmq.EVENT_DISCONNECTED in told, "it is lost")
    assert first is not None
    first.send((b"head", b"for the server that has gone"))
    dial.again()
    assert dial.wire is not first
    router = context.socket(zmq.ROUTER)
    router.bind(f"tcp://127.0.0.1:{port}")
    await eventually(lambda: told.count(zmq.EVENT_HANDSHAKE_SUCCEEDED) == 2, "it is connected again")
    assert dial.wire is not None
    dial.wire.send((b"head", b"for the next one"))
    await asyncio.to_thread(router.poll, 5000)
    assert router.recv_multipart()[1:] == [b"head", b"for the next one"]
    await dial.stop()
    dial.again()
    assert dial.wire is None
    context.destroy(0)
