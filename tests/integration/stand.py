"""What load tests of a real ``athena run`` stand on: wrappers with a version, and a kernel under all transports."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from attrs import define

import athena
from athena.control import ask
from athena.errors import ServiceError
from athena.models import Part, Reply, Request, Stage

__all__ = ["WIRES", "Stand", "piece", "running", "wrapper"]

WIRES = "".join(f"[transports.{name}]\nport = 0\n" for name in ("http", "grpc", "zmq"))
WRAPPER = """\
import time
from athena import Part, Reply, Wrapper, hookimpl

VERSION = "{version}"

class Versioned(Wrapper):
    version = VERSION

    @hookimpl
    def athena_init(self, context):
        {init}

    @hookimpl
    def athena_once_exec(self, request):
        if request.params.get("do") == "hang":
            while True:
                time.sleep(3600)
        time.sleep(float(request.params.get("seconds", "0")))
        return Reply((Part.from_text("said", VERSION),))

    @hookimpl
    def athena_session_create(self, context):
        return context

    @hookimpl
    def athena_session_write(self, session, request):
        part = request.parts[0]
        session.outbox.emit(Reply((Part.from_text("said", VERSION + " " + part.text, part.stage),), part.stage))
"""


def wrapper(path: Path, version: str, init: str = "pass") -> None:
    """Write a wrapper file that says its version; put in its place at once, as a deployment would."""
    early = path.with_suffix(".new")
    early.write_text(WRAPPER.replace("{version}", version).replace("{init}", init))
    early.replace(path)


def piece(text: str, stage: Stage = Stage.CONTINUE) -> Request:
    """One write of a session."""
    return Request("", parts=(Part.from_text("said", text, stage),))


@define
class Stand:
    """A kernel that serves on all transports, its clients, and what came of their calls."""

    process: asyncio.subprocess.Process
    clients: list[athena.Client]
    folder: Path

    async def ask(self, operation: str, **arguments: object) -> Any:  # Any: what stands in a JSON document
        """Over the control socket."""
        return await asyncio.to_thread(ask, self.folder / "control", operation, timeout=60.0, **arguments)

    async def call(self, number: int, service: str = "v", **params: str) -> Reply | ServiceError:
        """One call over the wire whose turn it is; what is refused is returned."""
        request = Request("", params=params, deadline=time.monotonic() + 50)
        try:
            return await self.clients[number % len(self.clients)].once(service, request)
        except ServiceError as error:
            return error

    async def ended(self, within: float) -> tuple[int, float]:
        """Its exit code, and after how many seconds it came."""
        began = time.monotonic()
        code = await asyncio.wait_for(self.process.wait(), within)
        return code, time.monotonic() - began

    def log(self) -> str:
        """What it said on stderr."""
        return (self.folder / "stderr").read_text()


@contextlib.asynccontextmanager
async def running(folder: Path, text: str) -> AsyncIterator[Stand]:
    """``athena run`` of that toml, over every wire; ended by force if the test has not."""
    (folder / "aiges.toml").write_text(text + WIRES)
    with (folder / "stderr").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "athena.cli", "run", "aiges.toml",
            cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=errors,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    assert process.stdout is not None
    try:
        ready, *urls = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().split()
        assert ready == "ready", (folder / "stderr").read_text()
        async with contextlib.AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(athena.Client(url)) for url in urls]
            yield Stand(process, clients, folder)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()
