"""A process executor with odd wrappers in it, for tests."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from athena.executors.process import ProcessExecutor
from athena.executors.sandbox import ProcessSection
from athena.interfaces import Lease
from athena.link.token import Token
from athena.models import Limits, Part, Reply, Request, ServiceSettings
from athena.telemetry import Metrics

FOLDER = str(Path(__file__).parent)


class Context:
    """The PluginContext of a factory; ``find`` gives the one object it was made with."""

    name = "executors.process"
    log = logging.getLogger("test")
    dispatcher: Any = None  # Any: no executor may touch it

    def __init__(self, found: object = None, **limits: Any) -> None:
        self.limits = Limits(**limits)
        self.figures = Metrics()
        self._found = found

    def find(self, protocol: type, name: str | None = None) -> Any:  # Any: whatever was asked for
        if self._found is None:
            raise LookupError(protocol)
        return self._found


class FakeLease:
    """Two devices, and a memory of what happened to them."""

    def __init__(self, number: int) -> None:
        self.devices = (f"GPU-{number}",)
        self.env: Mapping[str, str] = {"CUDA_VISIBLE_DEVICES": f"GPU-{number}"}
        self.cpus: frozenset[int] = frozenset()
        self.released = 0
        self.lost: Any = None  # Any: the callback

    def on_lost(self, callback: Any) -> None:
        self.lost = callback

    def release(self) -> None:
        self.released += 1


class FakeAllocator:
    """Gives out fake leases, and counts."""

    def __init__(self) -> None:
        self.leases: list[FakeLease] = []

    def lease(self, ask: object) -> Lease:
        self.leases.append(FakeLease(len(self.leases)))
        return self.leases[-1]


def settings(config: Mapping[str, object] | None = None, **keys: Any) -> ServiceSettings:
    """A service with the odd wrapper."""
    return ServiceSettings(
        "odd",
        **{"wrapper": "./odd.py", "folder": FOLDER, "config": config or {}, "init_timeout": 20.0, "grace": 0.5, **keys},
    )


@asynccontextmanager
async def crew(
    config: Mapping[str, object] | None = None,
    context: Context | None = None,
    section: ProcessSection | None = None,
    **keys: Any,
) -> AsyncIterator[ProcessExecutor]:
    """A started executor."""
    executor = ProcessExecutor(settings(config, **keys), context or Context(), lambda: None, section)
    await executor.start()
    try:
        yield executor
    finally:
        await asyncio.wait_for(executor.stop(), 20)


def request(*parts: Part, within: float = 20.0, **params: str) -> Request:
    """A request as the service hands it over."""
    return Request("odd", "sid", parts, params, deadline=time.monotonic() + within, cancellation=Token())


async def seen(executor: ProcessExecutor) -> dict[str, Any]:
    """What a wrapper sees of its world."""
    reply = await executor.once(request(do="see"))
    found: dict[str, Any] = json.loads(reply.part("seen").text)
    return found


async def pid(executor: ProcessExecutor) -> int:
    """The process id of the worker that answers."""
    return int((await seen(executor))["pid"])


def value(reply: Reply, key: str) -> int:
    """A part's number."""
    return int(reply.part(key).text)


def alive(number: int) -> bool:
    """Whether a process exists that is no zombie."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
