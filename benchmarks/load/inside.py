"""Calls from within the process, without a transport: what the kernel itself costs. Prints one JSON object."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import uvloop

from athena import Part, Request
from athena.kernel import start
from athena.models import Document
from benchmarks.inline import InlineFactory
from benchmarks.measure import Server
from benchmarks.messages import KEY, SERVICE, block

AT_ONCE = 32
TOML = Path(__file__).resolve().parent.parent / "tomls" / "http.toml"


async def main(executor: str, seconds: float) -> None:
    text = TOML.read_text().partition("[transports")[0].replace('executor = "thread"', f'executor = "{executor}"')
    request = Request(SERVICE, parts=(Part(KEY, block(128)),))
    document = Document(text + '[log]\nlevel = "warning"\n', origin=TOML.name)
    async with start(document, plugins={"executors.inline": InlineFactory}) as kernel:

        async def calls(until: float) -> int:
            count = 0
            while time.monotonic() < until:
                for _ in range(16):
                    await kernel.once(SERVICE, request)
                count += 16
            return count

        await asyncio.gather(*(calls(time.monotonic() + 0.3) for _ in range(AT_ONCE)))
        me = Server("", os.getpid(), 0.0)
        cpu, began = me.cpu(), time.monotonic()
        count = sum(await asyncio.gather(*(calls(began + seconds) for _ in range(AT_ONCE))))
        print(json.dumps({"count": count, "seconds": time.monotonic() - began, "cpu": me.cpu() - cpu}))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], float(sys.argv[2])))
