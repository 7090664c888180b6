"""Connections are told as they come and go, with the descriptor that their messages carry."""

from __future__ import annotations

import asyncio

import zmq

from athena.testing.bounded import eventually
from athena_transport_zmq.connections import Followed


async def test_coming_and_going_is_told_with_the_descriptor_of_the_messages() -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    router = context.socket(zmq.ROUTER)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    told: list[tuple[int, int]] = []
    followed = Followed(router, lambda event, value: told.append((event, value)))
    dealer = context.socket(zmq.DEALER)
    dealer.connect(f"tcp://127.0.0.1:{port}")
    dealer.send(b"x")
    await eventually(lambda: any(event == zmq.EVENT_ACCEPTED for event, _ in told), "the connection was told")
    (fd,) = [value for event, value in told if event == zmq.EVENT_ACCEPTED]
    await asyncio.to_thread(router.poll, 5000)
    assert router.recv_multipart(copy=False)[0].get(zmq.SRCFD) == fd
    dealer.close(0)
    await eventually(lambda: (zmq.EVENT_DISCONNECTED, fd) in told, "its end was told", within=1.0)
    followed.close()
    router.close(0)
    context.term()
