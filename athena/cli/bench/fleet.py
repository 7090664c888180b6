"""The processes of a load: started together, told together, and gone when this one goes, whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from ...errors import AthenaError
from .plan import Plan

__all__ = ["Fleet", "fleet"]

READY = 30.0
"""Seconds in which every process has to be connected."""
HEAD = 0.2
"""Seconds between the word and the start: all of them have heard it by then."""
LAST = 10.0
"""Seconds after all time is up in which a process may say its last line."""
LINE = 1 << 24
"""Bytes of one line."""

Line = Callable[[int, dict[str, Any]], None]  # Any: a line of JSON


class Fleet:
    """Processes that are ready."""

    def __init__(self, plan: Plan, processes: list[asyncio.subprocess.Process]) -> None:
        self._plan = plan
        self._processes = processes
        self.start = 0.0
        """When the load begins."""

    async def ready(self) -> None:
        """Wait until every one is connected.

        Raises:
            AthenaError: One of them cannot, and why.
        """
        packed = self._plan.packed()
        for number, process in enumerate(self._processes):
            _write(process, f"{number} {packed}\n")
        try:
            await asyncio.wait_for(asyncio.gather(*map(self._connected, self._processes)), READY)
        except asyncio.TimeoutError as error:
            text = f"the load's processes were not connected to {self._plan.endpoint} within {READY:g} s"
            raise AthenaError(text) from error

    async def _connected(self, process: asyncio.subprocess.Process) -> None:
        said = await _read(process)
        if said is None or said["kind"] != "ready":
            why = said["text"] if said is not None else "it died before it was ready"
            raise AthenaError(f"a process of the load could not begin: {why}")

    def go(self) -> float:
        """Say when to begin, and begin."""
        self.start = time.monotonic() + HEAD
        for process in self._processes:
            _write(process, f"go {self.start!r}\n")
        return self.start

    def stop(self) -> None:
        """No more calls: what is under way has a moment."""
        for process in self._processes:
            _write(process, "stop\n")

    async def lines(self, take: Line) -> None:
        """Hand over every line of every process, until all have said their last."""
        plan = self._plan
        work = asyncio.gather(*(self._follow(number, take) for number in range(len(self._processes))))
        # Without a duration the deadlines of its calls bound a run, and nothing here.
        left = self.start - time.monotonic() + plan.warmup + plan.duration + plan.grace + LAST
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(work, left if plan.duration else None)

    async def _follow(self, number: int, take: Line) -> None:
        while (said := await _read(self._processes[number])) is not None:
            if said["kind"] in {"seen", "last"}:
                take(number, said)

    async def end(self) -> None:
        """Let none outlive this."""
        for process in self._processes:
            if process.stdin is not None:
                process.stdin.close()
        waiting = [asyncio.create_task(process.wait()) for process in self._processes if process.returncode is None]
        if waiting:
            await asyncio.wait(waiting, timeout=LAST / 2)
        for process in self._processes:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


@asynccontextmanager
async def fleet(plan: Plan) -> AsyncIterator[Fleet]:
    """The plan's processes, connected; they are gone when the block ends.

    Raises:
        AthenaError: One of them cannot begin.
    """
    made = Fleet(plan, [])
    try:
        for _ in range(plan.processes):
            made._processes.append(
                await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", f"{__package__}.client"),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    limit=LINE,
                    # Of a group of its own: Ctrl-C is for the process that reports.
                    start_new_session=True,
                )
            )
        await made.ready()
        yield made
    finally:
        await made.end()


def _write(process: asyncio.subprocess.Process, text: str) -> None:
    if process.stdin is not None and not process.stdin.is_closing():
        process.stdin.write(text.encode())


async def _read(process: asyncio.subprocess.Process) -> dict[str, Any] | None:  # Any: a line of JSON
    """The next line; None when there is none any more."""
    if process.stdout is None:
        return None
    line = await process.stdout.readline()
    if not line:
        return None
    found: dict[str, Any] = json.loads(line)
    return found
