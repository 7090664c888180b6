"""One process of a load, ``python -m athena.cli.bench.client``: told on stdin what to do, it answers on stdout.

A line of JSON each second, and nothing else, so that the process that reports needs no part of what is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import signal
import sys
import time
from random import Random

import click

from ...client import channel as make
from ...errors import AthenaError
from ...models import ChannelOptions
from ..garbage import resume
from ..run import run_loop
from .inputs import Inputs, load
from .load import Load
from .plan import Plan
from .recorder import Recorder, line
from .shots import Shots

__all__ = ["INTERVAL", "main"]

INTERVAL = 1.0
"""Seconds between two lines."""
CONNECT = 5.0


async def _serve(plan: Plan, process: int, inputs: Inputs) -> int:
    """Connect, wait for the word, load."""
    told = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    channel = make(plan.endpoint, ChannelOptions(timeout=min(plan.deadline or CONNECT, CONNECT)))
    try:
        await channel.start()
        _say(line("ready"))
        words = (await told.readline()).split()
        if words[:1] != [b"go"]:
            return 0  # nobody waits for us any more
        start = float(words[1])
        counted = start + plan.warmup
        end = counted + plan.duration if plan.duration else math.inf
        recorder = Recorder(counted, end, open_loop=plan.rate > 0)
        chance = Random(plan.seed * 7 + process) if plan.random else None
        shots = Shots(channel, plan, inputs, recorder, chance)
        work = Load(plan, process, start, shots.fire)
        await _run(work, recorder, told, start)
    finally:
        await channel.stop()
    return 0


async def _run(work: Load, recorder: Recorder, told: asyncio.StreamReader, start: float) -> None:
    resume()
    idle = time.process_time()  # what it took to begin is not of the load
    running = asyncio.create_task(work.run())
    saying = asyncio.create_task(_say_often(recorder, start, idle))
    stopping = asyncio.create_task(_stop_when_told(work, told))
    try:
        await running
    finally:
        saying.cancel()
        stopping.cancel()
        _say(_seen("last", recorder, idle))


async def _say_often(recorder: Recorder, start: float, idle: float) -> None:
    for number in range(1, sys.maxsize):
        await asyncio.sleep(max(start + number * INTERVAL - time.monotonic(), 0.0))
        _say(_seen("seen", recorder, idle))


async def _stop_when_told(work: Load, told: asyncio.StreamReader) -> None:
    """Any word stops, and so does the end of stdin: then the process that reports has gone."""
    await told.readline()
    work.stop()


def _seen(kind: str, recorder: Recorder, idle: float) -> bytes:
    packed = recorder.taken().packed()
    return line(kind, cpu=time.process_time() - idle, flying=recorder.flying, over=recorder.over, **packed)


def _say(text: bytes) -> None:
    # A pipe whose reader is slow holds 64 KiB, some seconds of lines; the reader does nothing else but read.
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()


def main() -> int:
    """Do what the first line of stdin says."""
    # Ctrl-C reaches the whole group; the process that reports decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process, _, packed = sys.stdin.buffer.readline().decode().partition(" ")
    try:
        plan = Plan.unpacked(packed)
        return run_loop(_serve(plan, int(process), load(plan)))
    except (AthenaError, click.UsageError, ValueError, OSError) as error:
        _say(line("refused", text=error.message if isinstance(error, click.UsageError) else str(error)))
        return 1


if __name__ == "__main__":
    sys.exit(main())
