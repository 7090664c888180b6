"""A real ``athena run`` with all three wires, and what it holds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from typing import IO

import aiohttp
from attrs import frozen

from benchmarks.measure import ROOT

from .held import Held, held

__all__ = ["QUIET", "House", "housed"]

TOML = "benchmarks/tomls/soak.toml"
QUIET = 10.0
"""Seconds after which everything must have been given back."""
STOPS = 40.0


@frozen
class House:
    """A kernel that serves.

    Attributes:
        executor: ``thread`` or ``process``.
        pid: Its process.
        urls: By wire.
    """

    executor: str
    pid: int
    urls: dict[str, str]

    def held(self) -> Held:
        """What it holds now."""
        return held(self.pid)

    async def settled(self, before: Held) -> Held:
        """What it holds as soon as that is what it held before, or after ``QUIET`` seconds."""
        until = time.monotonic() + QUIET
        while True:
            now = self.held()
            if not now.more_than(before) or time.monotonic() > until:
                return now
            await asyncio.sleep(0.1)

    async def busy(self) -> dict[str, float]:
        """The kernel's own word for sessions open, calls executing and calls waiting."""
        names = ("athena_sessions", "athena_inflight", "athena_queue_depth")
        async with aiohttp.ClientSession(self.urls["http"]) as client, client.get("/metrics") as answer:
            lines = [line.rpartition(" ") for line in (await answer.text()).splitlines()]
        return {name: sum(float(value) for key, _, value in lines if key.startswith(name + "{")) for name in names}


@contextlib.asynccontextmanager
async def housed(executor: str, *settings: str) -> AsyncIterator[House]:
    """Start one, and have it stop with 0; ``settings`` are keys of the toml with other values."""
    executors = (f"services.{service}.executor={executor}" for service in ("echo", "endless"))
    argv = ["-m", "athena.cli", "run", TOML, *(f"--set={each}" for each in (*executors, *settings))]
    # stderr is a file, no pipe: nobody reads it while the load runs, and a pipe that is full would stop the server.
    with tempfile.TemporaryFile() as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *argv, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=errors,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        try:
            assert process.stdout is not None
            words = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().split()
            if not words or words[0] != "ready":
                raise RuntimeError(f"athena run did not become ready: {_tail(errors)}")
            yield House(executor, process.pid, {url.partition(":")[0]: url for url in words[1:]})
            process.send_signal(signal.SIGTERM)
            if code := await asyncio.wait_for(process.wait(), STOPS):
                raise RuntimeError(f"athena run ended with {code}: {_tail(errors)}")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def _tail(errors: IO[bytes]) -> str:
    errors.seek(0)
    return errors.read().decode(errors="replace")[-2000:]
