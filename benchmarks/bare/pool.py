"""aiohttp on uvloop before a ProcessPoolExecutor of two: what people write when a model computes in Python."""

from __future__ import annotations

import asyncio
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import uvloop
from aiohttp import web

from benchmarks.wrappers import spin


async def main() -> None:
    pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"))
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(loop.run_in_executor(pool, spin, b"") for _ in range(4)))

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/livez":
            return web.Response()
        return web.Response(body=await loop.run_in_executor(pool, spin, await request.read()))

    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"ready http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
