"""aiohttp on uvloop before a batcher of plain asyncio: up to so many items, for at most so long after the first."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

import uvloop
from aiohttp import web

from benchmarks.wrappers import together

LONGEST = 0.005
"""Seconds that a batch is held open for others."""


class Batcher:
    """One batch at a time on one thread; meanwhile the next one is gathered."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1)
        self._waiting: list[tuple[bytes, asyncio.Future[bytes]]] = []
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None

    def ask(self, item: bytes) -> asyncio.Future[bytes]:
        """Its answer."""
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._waiting.append((item, answer))
        self._look()
        return answer

    def _look(self) -> None:
        if self._busy or not self._waiting:
            return
        if len(self._waiting) >= self._most:
            self._run()
        elif self._timer is None:
            self._timer = self._loop.call_later(LONGEST, self._run)

    def _run(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        self._busy = True
        run = self._loop.run_in_executor(self._thread, together, [item for item, _ in batch])

        def done(run: asyncio.Future[list[bytes]]) -> None:
            self._busy = False
            for (_, answer), item in zip(batch, run.result(), strict=True):
                if not answer.done():
                    answer.set_result(item)
            self._look()

        run.add_done_callback(done)


async def main(most: int) -> None:
    batcher = Batcher(most)

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=await batcher.ask(await request.read()))

    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"ready http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
