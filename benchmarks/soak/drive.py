"""What is done to a kernel: single calls, sessions that come and go, streams that are broken off."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from athena.client import channel
from athena.interfaces import Channel
from athena.models import END_MARK, Part, Request, Stage
from benchmarks.load import DealerLoad, GrpcLoad, HttpLoad, Load
from benchmarks.measure import CORES
from benchmarks.messages import KEY, SERVICE, block

from .house import House

__all__ = ["DRIVES", "Drive", "aborted", "sessions", "unary", "unary_fast"]

SIZE = 128
AT_ONCE = 16
"""Callers at once, over one channel."""
PATIENCE = 60.0
FAST: dict[str, Load] = {"http": HttpLoad(SIZE), "grpc": GrpcLoad(SIZE), "zmq": DealerLoad(SIZE)}
Drive = Callable[[House, str, int, random.Random], Awaitable[int]]
"""Does so many operations over one wire, and says how many it did."""
CHUNK = 3.0
"""Seconds of one run of a load generator."""


async def unary_fast(house: House, wire: str, count: int, chance: random.Random) -> int:
    """Single calls, by load generators that do nothing else."""
    load, done = FAST[wire], 0
    while done < count:
        sample = await asyncio.to_thread(load.run, house.urls[wire], CHUNK, CORES[-1])
        if sample.failed > 64:  # at the end of a run some answers are cut off
            raise RuntimeError(f"{sample.failed} of {sample.count} calls over {wire} failed")
        done += sample.count
    return done


async def unary(house: House, wire: str, count: int, chance: random.Random) -> int:
    """Single calls, each answer compared."""
    data = block(SIZE)

    async def one(client: Channel) -> None:
        reply = await client.once(Request(SERVICE, parts=(Part(KEY, data),)))
        if reply.part(KEY).tobytes() != data:
            raise RuntimeError(f"a call over {wire} was answered with other data")

    return await _many(house, wire, count, one)


async def sessions(house: House, wire: str, count: int, chance: random.Random) -> int:
    """Sessions: most attached, every fourth detached; some end well, some are just closed."""

    async def one(client: Channel) -> None:
        detached, ends = chance.random() < 0.25, chance.random() < 0.5
        session = await client.open(Request(SERVICE), detached=detached)
        said = chance.randbytes(32)
        await session.write(Request("", parts=(Part(KEY, said, stage=Stage.CONTINUE),)))
        if (got := (await session.read(PATIENCE)).part(KEY).tobytes()) != said:
            raise RuntimeError(f"a session over {wire} was answered with {got!r}")
        if ends:
            await session.write(Request("", parts=(END_MARK,)))
            while (await session.read(PATIENCE)).stage is not Stage.END:
                pass
        await session.close()

    return await _many(house, wire, count, one)


async def aborted(house: House, wire: str, count: int, chance: random.Random) -> int:
    """Streams that would never end: a few items are read, and the client goes."""

    async def one(client: Channel) -> None:
        wanted = chance.randint(1, 4)
        stream = client.stream(Request("endless"))
        try:
            async for _ in stream:
                wanted -= 1
                if not wanted:
                    break
        finally:
            await stream.aclose()

    return await _many(house, wire, count, one)


async def _many(house: House, wire: str, count: int, one: Callable[[Channel], Awaitable[None]]) -> int:
    left = count

    async def caller(client: Channel) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await asyncio.wait_for(one(client), PATIENCE)

    client = channel(house.urls[wire])
    await client.start()
    try:
        await asyncio.gather(*(caller(client) for _ in range(AT_ONCE)))
    finally:
        await client.stop()
    return count


DRIVES: dict[str, Drive] = {"sessions": sessions, "aborted streams": aborted, "unary calls": unary}
