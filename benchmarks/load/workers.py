"""One kernel with two workers, one of them in Python: calls to either in turn, from within. Prints one JSON object."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time

import uvloop

from athena import Part, Request
from athena.kernel import Kernel, start
from athena.models import Document
from benchmarks.measure import Server

AT_ONCE, WARM, ROUNDS = 32, 3.0, 4
PYTHON = "benchmarks.wrappers:Mirror"


def document(wrapper: str) -> Document:
    """Both services; the paths are absolute."""
    tables = [
        f'[services.{name}]\nwrapper = "{each}"\nexecutor = "process"\nqueue = 256\n'
        for name, each in (("ours", wrapper), ("python", PYTHON))
    ]
    return Document("\n".join([*tables, '[log]\nlevel = "warning"\n']), origin="workers.toml")


async def alone(kernel: Kernel, service: str, request: Request, until: float) -> list[float]:
    """Seconds of each call, one at a time."""
    times: list[float] = []
    while (began := time.perf_counter()) < until:
        await kernel.once(service, request)
        times.append(time.perf_counter() - began)
    return times


async def together(kernel: Kernel, service: str, request: Request, until: float) -> float:
    """Seconds of CPU of one call, 32 at once: the kernel's and the worker's."""

    async def calls() -> int:
        count = 0
        while time.perf_counter() < until:
            await kernel.once(service, request)
            count += 1
        return count

    me = Server("", os.getpid(), 0.0)
    before = me.cpu()
    count = sum(await asyncio.gather(*(calls() for _ in range(AT_ONCE))))
    return (me.cpu() - before) / count


async def main(wrapper: str, size: int, seconds: float) -> None:
    request = Request("", parts=(Part.from_text("text", "x" * size),))
    found: dict[str, dict[str, list[float]]] = {name: {"p50": [], "cpu": []} for name in ("ours", "python")}
    async with start(document(wrapper)) as kernel:
        for name in found:
            await together(kernel, name, request, time.perf_counter() + WARM)  # a JVM compiles what runs often
        for _ in range(ROUNDS):
            for name, each in found.items():
                times = await alone(kernel, name, request, time.perf_counter() + seconds / ROUNDS)
                each["p50"].append(statistics.median(times))
                each["cpu"].append(await together(kernel, name, request, time.perf_counter() + seconds / ROUNDS))
    medians = {name: {by: statistics.median(many) * 1e6 for by, many in each.items()} for name, each in found.items()}
    print(json.dumps(medians))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
