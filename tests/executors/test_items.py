"""Streams of both executors: an iterator that waits for its reader, and ends with it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

from athena import Wrapper, hookimpl
from athena.executors.thread import ThreadExecutor
from athena.models import Limits, Part, Reply, Request, ServiceSettings
from athena.testing.bounded import eventually

from .crew import crew, request, value


class Endless(Wrapper):
    """Gives replies until nobody wants any more."""

    def __init__(self) -> None:
        self.ended = threading.Event()

    @hookimpl
    def athena_once_exec(self, request: Request) -> Iterator[Reply]:
        try:
            while True:
                yield Reply((Part("x", b"1"),))
        finally:
            self.ended.set()


async def test_leaving_a_stream_ends_its_iterator() -> None:
    endless = Endless()
    executor = ThreadExecutor(ServiceSettings("s", executor="thread"), Limits(), lambda: None, endless)
    await asyncio.wait_for(executor.start(), 20)
    try:
        stream = executor.stream(request())
        assert (await asyncio.wait_for(stream.__anext__(), 5)).parts
        await asyncio.wait_for(stream.aclose(), 5)
        await eventually(endless.ended.is_set, "the iterator's finally ran")
        await asyncio.wait_for(executor.drain(), 5)
    finally:
        await asyncio.wait_for(executor.stop(), 20)


async def test_a_slow_reader_holds_the_iterator_and_not_the_kernels_memory() -> None:
    async with crew(threads=2) as executor:
        replies = executor.stream(request(do="many", n="5000"))
        assert value(await replies.__anext__(), "made") == 1
        await asyncio.sleep(0.2)
        made = value(await executor.once(request(do="made_so_far")), "made")
        assert 50 < made <= 80
        rest = [value(reply, "made") async for reply in replies]
        assert rest == list(range(2, 5001))
