"""Sessions that are open and say nothing, until standard input ends; prints ``open`` when all of them are."""

from __future__ import annotations

import asyncio
import sys

import uvloop

from athena.client import channel
from athena.models import Request
from benchmarks.messages import SERVICE

AT_ONCE = 16


async def main(url: str, count: int) -> None:
    """Open them, a few at a time, and hold them."""
    client = channel(url)
    await client.start()
    waiting = iter(range(count))

    async def some() -> None:
        for _ in waiting:
            await client.open(Request(SERVICE))

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await client.stop()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
