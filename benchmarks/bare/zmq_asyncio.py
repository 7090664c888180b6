"""A ROUTER awaited message by message with zmq.asyncio: what most people write."""

from __future__ import annotations

import warnings

import uvloop
import zmq
import zmq.asyncio


async def main() -> None:
    socket = zmq.asyncio.Context().socket(zmq.ROUTER)
    socket.setsockopt(zmq.SNDHWM, 0)
    socket.setsockopt(zmq.RCVHWM, 0)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    print(f"ready zmq://127.0.0.1:{port}", flush=True)
    while True:
        await socket.send_multipart(await socket.recv_multipart())


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # that it has to add a selector of its own is told at every start
    uvloop.run(main())
