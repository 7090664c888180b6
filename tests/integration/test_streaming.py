"""An iterator behind a reader who stops reading, on every wire and in both executors: it waits, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from athena.client import channel
from athena.interfaces import Channel
from athena.kernel import Kernel, start
from athena.models import Document, Reply, Request
from athena.testing.bounded import eventually
from athena.testing.found import toml

from .flowing import SIZE

WIRES, EXECUTORS = ("http", "grpc", "zmq"), ("thread", "process")
AHEAD = 24 * 1024 * 1024
"""Bytes that may be under way: 4 MiB of credit at each hand-over, and what sockets and clients hold besides."""
MANY = 2 * AHEAD // SIZE


@pytest.fixture
async def kernel() -> AsyncIterator[Kernel]:
    tables: dict[str, dict[str, object]] = {f"transports.{wire}": {"port": 0} for wire in WIRES}
    for executor in EXECUTORS:
        wrapper = str(Path(__file__).with_name("flowing.py"))
        tables[f"services.{executor}"] = {"wrapper": wrapper, "executor": executor}
    async with start(Document(toml(tables), "1", "streaming.toml")) as running:
        yield running


@pytest.fixture(params=WIRES)
async def client(kernel: Kernel, request: pytest.FixtureRequest) -> AsyncIterator[Channel]:
    (url,) = (each.url for each in kernel.endpoints if each.url.startswith(request.param))
    made = channel(url)
    await made.start()
    yield made
    await made.stop()


def number(reply: Reply) -> int:
    return int.from_bytes(reply.part("item").tobytes()[:8], "big")


def so_far(count: Path) -> int:
    return int.from_bytes(count.read_bytes(), "big")


async def made(count: Path) -> int:
    """How far the wrapper has come, once it comes no further."""
    last = -1
    for _ in range(100):
        if (now := so_far(count)) == last:
            return now
        last = now
        await asyncio.sleep(0.3)
    raise AssertionError(f"the wrapper does not stop: {last} items of {SIZE} bytes, and nobody reads")


@pytest.mark.parametrize("executor", EXECUTORS)
async def test_an_iterator_waits_for_a_reader_that_reads_no_more_and_then_loses_nothing(
    executor: str, client: Channel, tmp_path: Path
) -> None:
    count = tmp_path / "count"
    stream: AsyncGenerator[Reply, None] = client.stream(Request(executor, params={"count": str(count)}))
    async with aclosing(stream) as replies:
        assert number(await asyncio.wait_for(replies.__anext__(), 20)) == 0
        ahead = await made(count)
        assert ahead * SIZE <= AHEAD, f"the wrapper is {ahead} items ahead of its reader"
        got = [number(await asyncio.wait_for(replies.__anext__(), 20)) for _ in range(MANY)]
        assert got == list(range(1, MANY + 1))
    closed = tmp_path / "count.closed"
    await eventually(closed.exists, "the iterator was closed behind the reader who left")
