"""What the server takes while it is loaded: CPU and memory of its processes, and the GPUs of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from ..._compat import optional

__all__ = ["LOCAL", "Gpus", "Sample", "Tree", "listening", "monitor", "watch"]

LOCAL = ("127.0.0.1", "localhost", "::1", "0.0.0.0", "::")
"""Hosts that are this machine."""
GPU_QUERY = ("--query-gpu=index,utilization.gpu,memory.used", "--format=csv,noheader,nounits", "-lms", "1000")


@frozen
class Sample:
    """One look.

    Attributes:
        when: ``time.monotonic()``.
        cpu: Seconds of CPU that the server's processes have used since they began.
        rss: Bytes they hold.
        gpus: Of each GPU: percent of the time busy, and MiB held.
    """

    when: float
    cpu: float
    rss: int
    gpus: tuple[tuple[float, float], ...] = ()


def monitor() -> ModuleType | None:
    """psutil, where it is installed."""
    try:
        return optional("psutil", "to watch the server")
    except ModuleNotFoundError:
        return None


def listening(endpoint: str, psutil: ModuleType) -> tuple[int, ...]:
    """The processes of this machine that listen at an endpoint, where we may know."""
    parts = urlsplit(endpoint)
    try:
        port = parts.port
    except ValueError:
        return ()
    if parts.hostname not in LOCAL or port is None:
        return ()
    try:
        sockets = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return ()
    found = {each.pid for each in sockets if each.laddr and each.laddr.port == port and each.status == "LISTEN"}
    return tuple(sorted(pid for pid in found if pid))


class Tree:
    """Processes and all that descend from them."""

    def __init__(self, pids: tuple[int, ...], psutil: ModuleType) -> None:
        self._pids = pids
        self._psutil = psutil
        # Workers come and go: what one had used when it was last seen stays counted.
        self._used: dict[tuple[int, float], float] = {}

    def look(self, gpus: tuple[tuple[float, float], ...] = ()) -> Sample:
        """What they have used by now."""
        rss = 0
        seen: set[int] = set()
        for pid in self._pids:
            with contextlib.suppress(self._psutil.Error):
                root = self._psutil.Process(pid)
                for process in (root, *root.children(recursive=True)):
                    if process.pid not in seen:
                        seen.add(process.pid)
                        rss += self._count(process)
        return Sample(time.monotonic(), sum(self._used.values()), rss, gpus)

    def _count(self, process: Any) -> int:  # Any: a psutil.Process, and psutil may be absent
        with contextlib.suppress(self._psutil.Error), process.oneshot():
            times = process.cpu_times()
            self._used[process.pid, process.create_time()] = times.user + times.system
            return int(process.memory_info().rss)
        return 0


class Gpus:
    """``nvidia-smi``, asked once for a line a second; absent without a word where there is none."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._seen: dict[int, tuple[float, float]] = {}

    async def start(self) -> None:
        """Begin to watch."""
        program = shutil.which("nvidia-smi")
        if program is None:
            return
        with contextlib.suppress(OSError):
            self._process = await asyncio.create_subprocess_exec(
                program,
                *GPU_QUERY,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
            self._reading = asyncio.create_task(self._read(self._process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        while process.stdout is not None and (line := await process.stdout.readline()):
            # A GPU that does not tell says [N/A]; a driver in trouble says a sentence.
            with contextlib.suppress(ValueError):
                index, busy, memory = line.decode(errors="replace").split(",")
                self._seen[int(index)] = (float(busy), float(memory))

    def look(self) -> tuple[tuple[float, float], ...]:
        """What was last said, by GPU."""
        return tuple(self._seen[index] for index in sorted(self._seen))

    async def stop(self) -> None:
        """Watch no more."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            await self._process.wait()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})


async def watch(tree: Tree, gpus: Gpus, take: Callable[[Sample], None], start: float, interval: float = 1.0) -> None:
    """Look at the start and every interval after it, until cancelled."""
    number = 0
    while True:
        await asyncio.sleep(max(start + number * interval - time.monotonic(), 0.0))
        # Walking /proc takes milliseconds: in a thread, so that no line of the load waits for it.
        take(await asyncio.to_thread(tree.look, gpus.look()))
        number += 1
