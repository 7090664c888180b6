"""What the stateful test plays on: one kernel behind every wire, its callers, and what their sessions did."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

from athena.errors import Fault, ServiceError
from athena.interfaces import Channel, Session
from athena.kernel import start
from athena.models import ChannelOptions, Document, Part, Reply, Request, Stage
from athena.testing.found import connect, toml
from athena.testing.loopback import Loopback, LoopbackChannel
from athena.testing.witness import PRINCIPAL, Witness

from .oracle import NOTHING, Oracle

T = TypeVar("T")
BOUND = 20.0
"""Seconds after which a step hangs."""
WIRES = ("http", "grpc", "zmq", "loopback")
PEOPLE = ("ann", "bob")
SERVICES = ("asked-thread", "asked-process", "emitting-thread", "emitting-process")


class Theatre:
    """A running kernel with one channel for each caller and wire.

    Attributes:
        urls: Of each wire.
        journal: Where the wrappers note what they do.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, kernel: Any, folder: Path) -> None:  # Any: a Kernel
        self._loop = loop
        self._kernel = kernel
        self.opened = 0
        self._read = 0
        self._events: dict[str, list[tuple[str, str]]] = {}
        self.journal = folder / "journal"
        self.urls = {endpoint.url.partition(":")[0]: endpoint.url for endpoint in kernel.endpoints}
        self.channels: dict[tuple[str, str], Channel] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it, or fail when it hangs."""
        return self._loop.run_until_complete(asyncio.wait_for(work, BOUND))

    def tag(self) -> str:
        """A name that no other session has."""
        self.opened += 1
        return f"t{self.opened}"

    async def connect(self, wire: str, who: str) -> Channel:
        """A channel of its own."""
        cls = LoopbackChannel if wire == "loopback" else None
        return await connect(self.urls[wire], ChannelOptions({PRINCIPAL: who}), cls)

    @property
    def open_sessions(self) -> int:
        """What the kernel says."""
        text = self._kernel.dispatcher.metrics().decode()
        return round(sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("athena_sessions{")))

    def events(self, tag: str) -> list[tuple[str, str]]:
        """What that session's wrapper noted so far."""
        if self.journal.exists():
            with self.journal.open("rb") as file:
                file.seek(self._read)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._read += len(line)
                    name, hook, text = json.loads(line)
                    self._events.setdefault(name, []).append((hook, text))
        return self._events.get(tag, [])


@contextlib.contextmanager
def theatre(folder: Path) -> Iterator[Theatre]:
    """The kernel, and everybody's channels."""
    tables: dict[str, dict[str, object]] = {
        "kernel": {"name": "stateful"},
        "guards.witness": {},
        "transports.loopback": {},
        **{f"transports.{wire}": {"port": 0} for wire in WIRES[:3]},
    }
    for name in SERVICES:
        wrapper, _, executor = name.partition("-")
        path = Path(__file__).with_name(f"{wrapper}.py")
        tables[f"services.{name}"] = {"wrapper": str(path), "executor": executor, "threads": 4, "max_sessions": 64}
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    plugins = {"guards.witness": Witness.fresh(), "transports.loopback": Loopback}
    made = start(Document(toml(tables), "1", "stateful.toml"), plugins=plugins)
    kernel = loop.run_until_complete(made.__aenter__())
    stage = Theatre(loop, kernel, folder)
    try:
        for wire, who in itertools.product(WIRES, PEOPLE):
            stage.channels[wire, who] = stage.run(stage.connect(wire, who))
        yield stage
    finally:
        for channel in stage.channels.values():
            stage.run(channel.stop())
        loop.run_until_complete(made.__aexit__(None, None, None))
        loop.close()
        asyncio.set_event_loop(None)


class Player:
    """One session with its oracle: what is done to it is done to both, and compared."""

    def __init__(self, oracle: Oracle, session: Session, who: str, service: str, alias: str | None = None) -> None:
        self.oracle = oracle
        self.session = session
        self.who = who
        self.service = service
        self.alias = alias

    async def write(self, session: Session, key: str, text: str, seq: int | None = None, *, last: bool = False) -> None:
        """Write through one handle of it."""
        allowed = self.oracle.allowed(seq)
        part = Part.from_text(key, text, Stage.END if last else Stage.CONTINUE)
        got = await said(session.write(Request("", parts=(Part(key, part.data, part.kind, part.stage, seq),))))
        assert got in allowed, f"{self}: writing {text!r} (seq {seq}) came to {got}; allowed: {sorted(allowed)}"
        if got == "OK" or self.oracle.attached:
            self.oracle.wrote(key, text, seq, last=last)

    async def read(self, session: Session, wait: float | None) -> None:
        """Read through one handle of it."""
        waited = wait is None or wait >= 5.0
        try:
            reply = await session.read(wait)
        except ServiceError as error:
            wrong = self.oracle.read(error.fault.name, ended=False, waited=waited)
            wrong = f"{wrong}: {error!r}" if wrong else ""
            assert not (error.fault is Fault.USER_ERROR and error.code != 4711), f"{self}: {error!r}"
        else:
            wrong = self.oracle.read(heard(reply), ended=reply.stage is Stage.END, waited=waited)
        assert not wrong, f"{self}: {wrong}"

    def __repr__(self) -> str:
        kind = "attached" if self.oracle.attached else "detached"
        return f"{kind} {self.service} of {self.who}"


def heard(reply: Reply) -> str:
    """What a reply says."""
    return reply.parts[0].text if reply.parts else NOTHING


async def said(call: Coroutine[Any, Any, object]) -> str:
    """``OK``, or the name of the fault."""
    try:
        await call
    except ServiceError as error:
        return error.fault.name
    return "OK"
