"""Sixteen sessions at once, 50 frames of 1,280 bytes each, in lockstep: a frame is sent when the last was answered."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import grpc
import pybase64
import uvloop

from athena_proto import inference_pb2 as messages

FRAMES, AT_ONCE, SIZE = 50, 16, 1280
PAYLOAD = bytes(range(256)) * (SIZE // 256)
Talk = Callable[[], Awaitable[int]]
"""One session; returns how many frames were answered."""


def ase_frame(status: int) -> str:
    """An ASE JSON frame of that status; the first one carries the header."""
    unit = {"status": status, "other": pybase64.b64encode(PAYLOAD).decode()}
    header = {"header": {"app_id": "bench", "status": 0}} if status == 0 else {"header": {"status": status}}
    return json.dumps({**header, "payload": {"data": unit}})


async def web_sockets(url: str) -> tuple[Talk, Callable[[], Awaitable[None]]]:
    """Over WebSocket: ASE JSON, as it is and as text for a bare echo."""
    client = aiohttp.ClientSession()
    texts = [ase_frame(0), *[ase_frame(1)] * (FRAMES - 2), ase_frame(2)]

    async def talk() -> int:
        answered = 0
        async with client.ws_connect(f"{url}/v1/private/echo", max_msg_size=0) as socket:
            for text in texts:
                await socket.send_str(text)
                while True:
                    message = await socket.receive()
                    if message.type is not aiohttp.WSMsgType.TEXT:
                        return answered
                    # A frame without a payload only says that the session is open.
                    if '"payload"' in message.data:
                        answered += 1
                        break
        return answered

    return talk, client.close


async def streams(url: str) -> tuple[Talk, Callable[[], Awaitable[None]]]:
    """Over gRPC's bidirectional stream; a bare echo answers the same bytes."""
    channel = grpc.aio.insecure_channel(url.partition("://")[2])
    call: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream("/athena.v1.Inference/Session")
    opening = messages.Request(service="echo").SerializeToString()
    frames = [_write(0), *[_write(1)] * (FRAMES - 2), _write(2)]

    async def talk() -> int:
        answered = 0
        stream = call()
        await stream.write(opening)
        await stream.read()
        for frame in frames:
            await stream.write(frame)
            if await stream.read() is grpc.aio.EOF:
                break
            answered += 1
        await stream.done_writing()
        await stream.read()
        return answered

    return talk, channel.close


def _write(stage: int) -> bytes:
    part = messages.Part(key="data", data=PAYLOAD, stage=stage)  # type: ignore[arg-type]  # an enum's number
    return messages.Request(parts=[part]).SerializeToString()


async def rounds(talk: Talk, until: float) -> AsyncIterator[int]:
    """Sessions one after another."""
    while time.monotonic() < until:
        yield await talk()


async def main(kind: str, url: str, seconds: float) -> None:
    talk, close = await {"ws": web_sockets, "grpc": streams}[kind](url)
    assert await talk() == FRAMES, "the session did not answer every frame"
    began = time.monotonic()
    count = failed = 0

    async def one() -> None:
        nonlocal count, failed
        async for answered in rounds(talk, began + seconds):
            count += answered
            failed += FRAMES - answered

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    print(json.dumps({"count": count, "failed": failed, "seconds": time.monotonic() - began}))
    await close()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
