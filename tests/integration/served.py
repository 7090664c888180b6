"""``athena run`` in a process of its own, and what an operator can see of it from outside."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
from attrs import field, frozen

WIRES = "".join(f"[transports.{name}]\nport = 0\n" for name in ("http", "grpc", "zmq"))


@frozen
class Seen:
    """One answer of ``/readyz``."""

    at: float
    status: int
    reason: str
    workers: dict[str, int]


@frozen
class Served:
    """A kernel that serves; its own end is checked by :func:`served`."""

    urls: dict[str, str]
    http: aiohttp.ClientSession
    pid: int = 0
    seen: list[Seen] = field(factory=list)

    async def look(self) -> Seen:
        """Ask ``/readyz`` what it says of the one service."""
        async with self.http.get("/readyz") as response:
            told: dict[str, Any] = await response.json()  # Any: a JSON document
            service = told["services"]["held"]
            assert told["ready"] == (response.status == 200)
            return Seen(time.monotonic(), response.status, told["reason"] or service["reason"], service["workers"])

    async def watch(self) -> None:
        """Ask again and again; what was seen is kept."""
        while True:
            self.seen.append(await self.look())
            await asyncio.sleep(0.01)

    async def gauge(self, name: str, service: str = "held", more: str = "") -> float:
        """The service's number in ``/metrics``."""
        async with self.http.get("/metrics") as response:
            found = re.search(rf'^{name}{{service="{service}"{more}}} (\S+)$', await response.text(), re.M)
        assert found, name
        return float(found[1])


@contextlib.asynccontextmanager
async def served(folder: Path, keys: str) -> AsyncIterator[Served]:
    """A kernel with one service ``held`` on all three wires; it must stop with 0 when told to."""
    wrapper = Path(__file__).with_name("held.py")
    text = f'[kernel]\nlame_duck = 0.0\n[services.held]\nwrapper = "{wrapper}"\n{keys}\n'
    text += f'[services.held.config]\njournal = "{folder / "journal"}"\n'
    async with running(folder, text) as kernel:
        yield kernel


@contextlib.asynccontextmanager
async def running(folder: Path, text: str, expect: int = 0) -> AsyncIterator[Served]:
    """A kernel with these services on all three wires; it must stop with 0 when told to, or be ended as expected."""
    (folder / "aiges.toml").write_text(text + WIRES)
    with (folder / "stderr").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "athena.cli", "run", "aiges.toml",
            cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=errors,
        )  # fmt: skip
    assert process.stdout is not None
    try:
        ready, *urls = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().split()
        assert ready == "ready", (folder / "stderr").read_text()
        wires = {url.partition(":")[0]: url for url in urls}
        async with aiohttp.ClientSession(wires["http"]) as http:
            yield Served(wires, http, process.pid)
        if not expect:
            process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == expect
        # pytest explains no assertion of a module that is no test: say what there is.
        unexpected = [line for line in errors_of(folder) if "Traceback" in line]
        assert not unexpected, "\n".join(unexpected)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def errors_of(folder: Path) -> list[str]:
    """What the kernel logged of level error."""
    lines = (json.loads(line) for line in (folder / "stderr").read_text().splitlines() if line.startswith("{"))
    return [str(line) for line in lines if line.get("level") == "error"]
