"""A client in a process of its own, to be killed: opens a session, writes once, says so, and waits for its end.

``python -m athena.testing.caller URL SERVICE TAG``
"""

from __future__ import annotations

import asyncio
import sys

from athena.models import ChannelOptions, Part, Request, Stage

from .found import connect


async def main(url: str, service: str, tag: str) -> None:
    """Open, write, read the answer, print ``open``, and never close."""
    channel = await connect(url, ChannelOptions())
    session = await channel.open(Request(service, params={"tag": tag}))
    await session.write(Request("", parts=(Part.from_text("text", "hello", Stage.CONTINUE),)))
    await session.read(10.0)
    print("open", flush=True)
    await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
