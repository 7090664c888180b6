"""A client that is going to be killed: opens every kind of call on one wire, says so, and reads for ever."""

from __future__ import annotations

import asyncio
import sys

import athena
from athena.models import Part, Request


def asked(do: str, tag: str) -> Request:
    """A call, or the opening of a session, that the wrapper ``leaver`` knows."""
    return Request("", params={"do": do, "tag": f"{tag}-{do}"})


async def main(url: str, service: str, tag: str) -> None:
    async with athena.Client(url) as client:

        async def iterate() -> None:
            async for _ in client.stream(service, asked("count", tag)):
                pass

        async def talk(do: str) -> None:
            session = await client.open(service, asked(do, f"{tag}-session"))
            await session.write(Request(service, parts=(Part("data", b"x"),)))
            while True:
                await session.read()

        await asyncio.gather(client.once(service, asked("poll", tag)), iterate(), talk("poll"), talk("emit"))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
