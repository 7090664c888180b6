"""What the rows of a TransportContract stand on: one kernel with probes behind one transport, and channels to it."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import field, frozen

from athena.interfaces import Channel, Transport
from athena.kernel import start
from athena.models import EMPTY, ChannelOptions, Document, Limits, Part, Request
from athena.testing.found import connect, made, plugin_class, provided, toml
from athena.testing.stand_in import StandIn, StandInContext
from athena.testing.watched import WatchedJournal
from athena.testing.witness import CALL, PRINCIPAL, Witness

__all__ = ["Case", "Ground", "alone", "ground"]

LIMIT = 3 * 1024 * 1024
"""``max_message`` of the contract's kernel: room for 1 MiB in any codec, and cheap to go beyond."""
_numbers = itertools.count(1)


@frozen
class Case:
    """One combination that a TransportContract is run for.

    Attributes:
        transport: The transport's name.
        executor: The executor its probes run in.
        section: The transport's own table; addresses that it needs to be free of clashes.
        wire: Whether there is a socket: without one there is no garbage and no killed client.
        plugins: Classes given in code instead of installed ones, by ``<group>.<name>``.
        channel: The channel's class, where no entry point has its scheme.
    """

    transport: str
    executor: str = "thread"
    section: Mapping[str, object] = EMPTY
    wire: bool = True
    plugins: Mapping[str, type[Any]] = field(factory=dict)  # Any: plugins have no common base
    channel: type[Any] | None = None

    def __str__(self) -> str:
        return f"{self.transport}-{self.executor}-probe"


class Ground:
    """A running kernel, and how a test calls it.

    Attributes:
        kernel: The kernel.
        url: The transport's own address.
        journal: What the probes did.
        witness: The guard, with every attempt it saw.
        limit: The kernel's ``max_message``.
    """

    def __init__(self, case: Case, kernel: Any, journal: WatchedJournal, witness: type[Witness], folder: Path) -> None:
        self.case = case
        self.kernel = kernel  # Any: an athena.kernel.Kernel
        self.journal = journal
        self.witness = witness
        self.folder = folder
        self.limit = LIMIT
        self.url = next(endpoint.url for endpoint in kernel.endpoints)
        self._channels: list[Channel] = []
        self._shared: Channel | None = None

    async def channel(self, principal: str = "somebody", **headers: str) -> Channel:
        """A channel of its own, for a caller of that name."""
        channel = await connect(
            self.url, ChannelOptions({PRINCIPAL: principal, **headers}, max_message=64 * LIMIT), self.case.channel
        )
        self._channels.append(channel)
        return channel

    async def shared(self) -> Channel:
        """The channel that most rows share, as a client's calls do."""
        if self._shared is None:
            self._shared = await self.channel()
        return self._shared

    def tag(self) -> str:
        """A name that no other call or session has."""
        return f"t{next(_numbers)}-{time.monotonic_ns() % 1_000_000}"

    def request(self, /, *parts: Part, service: str = "probe", within: float = 15.0, **params: str) -> Request:
        """A request with a deadline, so that nothing hangs for long."""
        headers = {CALL: params["tag"]} if "tag" in params else EMPTY
        return Request(service, parts=parts, params=params, headers=headers, deadline=time.monotonic() + within)

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's series that have these labels."""
        total = 0.0
        for line in self.kernel.dispatcher.metrics().decode().splitlines():
            series, _, value = line.rpartition(" ")
            if series.partition("{")[0] == name and all(f'{key}="{said}"' in series for key, said in labels.items()):
                total += float(value)
        return total

    async def stop(self) -> None:
        """Close every channel."""
        for channel in self._channels:
            await channel.stop()


def write(*parts: Part) -> Request:
    """One write of a session."""
    return Request("", parts=parts)


@asynccontextmanager
async def ground(case: Case, folder: Path, **kernel: object) -> AsyncIterator[Ground]:
    """A kernel with the services probe, push, batch, strict and kept behind the case's transport."""
    journal, witness = WatchedJournal(folder / "journal"), Witness.fresh()
    document = Document(configuration(case, journal, kernel), "1", "contract.toml")
    plugins = {"guards.witness": witness, **case.plugins}
    async with start(document, plugins=plugins) as running:
        there = Ground(case, running, journal, witness, folder)
        try:
            yield there
        finally:
            await there.stop()


def configuration(case: Case, journal: WatchedJournal, kernel: Mapping[str, object] = EMPTY) -> str:
    """The toml of a contract's kernel."""
    tables: dict[str, Mapping[str, object]] = {
        "kernel": {"name": "contract", **kernel},
        "kernel.limits": {"max_message": LIMIT},
        "guards.witness": {},
        f"transports.{case.transport}": dict(case.section),
    }
    probes = {
        "probe": "Probe",
        "push": "PushProbe",
        "batch": "BatchProbe",
        "strict": "StrictProbe",
        "kept": "ResourceProbe",
    }
    for name, probe in probes.items():
        tables |= service(name, probe, case.executor, journal)
    return toml(tables)


def service(
    name: str, probe: str, executor: str, journal: WatchedJournal, **more: object
) -> dict[str, Mapping[str, object]]:
    """The tables of one probe."""
    table = {"wrapper": f"athena.testing.probe:{probe}", "executor": executor, "threads": 8, "queue": 256, **more}
    return {f"services.{name}": table, f"services.{name}.config": {"journal": journal.path}}


@asynccontextmanager
async def alone(case: Case) -> AsyncIterator[tuple[StandIn, Channel]]:
    """The transport without a kernel, and a channel to it."""
    cls = case.plugins.get(f"transports.{case.transport}") or plugin_class("transports", case.transport)
    dispatcher = StandIn()
    context = StandInContext(f"transports.{case.transport}", dispatcher, Limits(max_message=LIMIT))
    transport = provided(made(cls, case.section), context, Transport)
    endpoints = await transport.start()
    await transport.accept()
    channel = None
    try:
        channel = await connect(endpoints[0].url, ChannelOptions(), case.channel)
        yield dispatcher, channel
    finally:
        if channel is not None:
            await channel.stop()
        await transport.drain()
        await transport.stop(0.0)
