"""aiohttp on uvloop, nothing else: echoes raw bytes, JSON with base64 inside, and WebSocket frames."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

import orjson
import pybase64
import uvloop
from aiohttp import WSMsgType, web

LIMIT = 64 * 1024 * 1024


async def raw(request: web.BaseRequest) -> web.StreamResponse:
    """Bytes in, the same bytes out."""
    return web.Response(body=await request.read())


async def ase(request: web.BaseRequest) -> web.StreamResponse:
    """Decode JSON and base64, encode them again: what any server of that protocol has to do."""
    document = orjson.loads(await request.read())
    unit = document["payload"]["data"]
    data = pybase64.b64decode(unit["other"], validate=True)
    unit = {"status": 3, "other": pybase64.b64encode(data).decode()}
    body = orjson.dumps({"header": {"code": 0, "message": "success", "sid": "0"}, "payload": {"data": unit}})
    return web.Response(body=body, content_type="application/json")


async def frames(request: web.BaseRequest) -> web.StreamResponse:
    """Each text frame back as it came."""
    socket = web.WebSocketResponse(max_msg_size=LIMIT, compress=False)
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
    return socket


async def main(kind: str) -> None:
    handler = {"raw": raw, "ase": ase, "ws": frames}[kind]
    loop = asyncio.get_running_loop()
    # Without a factory of its own it refuses bodies of more than 1 MiB.
    factory = partial(web.BaseRequest, loop=loop, client_max_size=LIMIT)
    runner = web.ServerRunner(web.Server(handler, request_factory=factory))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"ready http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
