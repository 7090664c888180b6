"""A ROUTER on asyncio and uvloop that drains its socket in batches and echoes: what ZeroMQ can do here."""

from __future__ import annotations

import asyncio

import uvloop
import zmq


async def main() -> None:
    context = zmq.Context()
    socket = context.socket(zmq.ROUTER)
    socket.setsockopt(zmq.SNDHWM, 0)
    socket.setsockopt(zmq.RCVHWM, 0)
    port = socket.bind_to_random_port("tcp://127.0.0.1")

    def drain() -> None:
        # The descriptor is edge-triggered: read until there is nothing more.
        while int(socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
            while True:
                try:
                    message = socket.recv_multipart(zmq.NOBLOCK, copy=False)
                except zmq.Again:
                    break
                socket.send_multipart(message, zmq.NOBLOCK, copy=False)

    asyncio.get_running_loop().add_reader(int(socket.getsockopt(zmq.FD)), drain)
    print(f"ready zmq://127.0.0.1:{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
