"""``kill -9`` of a worker of a real ``athena run``, seen over the real wires: who loses what, and who does not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from itertools import cycle
from pathlib import Path

import pytest
from attrs import define, frozen

import athena
from athena.errors import Fault, ServiceError
from athena.interfaces import Session
from athena.models import Part, Reply, Request, Stage
from athena.testing.bounded import refused
from athena.testing.journal import Journal

from .served import Served, served

THREADS, SESSIONS, WAITING = 32, 8, 24
BOUND = 0.25
"""Seconds the issue gives until everybody who lost something knows it."""
TOLD = "ServiceError(WORKER_LOST, 'the worker was killed by SIGKILL', executed='unknown')"


@frozen
class Ended:
    """How a call came out, and when."""

    outcome: object
    at: float


async def ended(call: Awaitable[Reply]) -> Ended:
    try:
        outcome: object = await call
    except ServiceError as error:
        outcome = error
    return Ended(outcome, time.monotonic())


@define
class Lateness:
    """How late this process's own loop was woken at worst: a busy machine's lateness is not Athena's."""

    worst: float = 0.0

    async def keep(self) -> None:
        while True:
            due = time.monotonic() + 0.01
            await asyncio.sleep(0.01)
            self.worst = max(self.worst, time.monotonic() - due)


@frozen
class Talk:
    """A session, the worker it is on, and a reader that waits for more."""

    session: Session
    pid: int
    reader: asyncio.Task[Ended]

    async def goes_on(self) -> None:
        await self.session.write(piece("still here"))
        found = (await asyncio.wait_for(self.reader, 10)).outcome
        assert isinstance(found, Reply)
        assert found.part("said").text == "still here"
        await self.session.write(Request("", parts=(Part.from_text("said", "bye", Stage.END),)))
        assert (await asyncio.wait_for(self.session.read(), 10)).part("said").text == "bye"
        assert (await asyncio.wait_for(self.session.read(), 10)).stage is Stage.END


def piece(text: str) -> Request:
    return Request("", parts=(Part.from_text("said", text, Stage.CONTINUE),))


async def until(served: Served, gauge: str, value: float) -> None:
    deadline = time.monotonic() + 20
    while (found := await served.gauge(gauge)) != value:
        assert time.monotonic() < deadline, f"{gauge} stays at {found}, not {value}"
        await asyncio.sleep(0.02)


class Callers:
    """Clients of one service on all wires, in turn."""

    def __init__(self, clients: list[athena.Client], folder: Path) -> None:
        self._next = cycle(clients)
        self.journal = Journal(folder / "journal")
        self._gate = folder / "gate"
        os.mkfifo(self._gate)

    def call(self, tag: str, do: str) -> asyncio.Task[Ended]:
        request = Request("", params={"do": do, "tag": tag, "gate": str(self._gate)}, deadline=time.monotonic() + 40)
        return asyncio.create_task(ended(next(self._next).once("held", request)))

    async def talk(self, tag: str) -> Talk:
        session = await next(self._next).open("held", Request("", params={"tag": tag}))
        await session.write(piece("hello"))
        assert (await asyncio.wait_for(session.read(), 10)).part("said").text == "hello"
        return Talk(session, self.where("create", tag), asyncio.create_task(ended(session.read())))

    def where(self, event: str, tag: str) -> int:
        """The one worker that noted it."""
        [entry] = self.journal.find(event, tag)
        return int(str(entry["pid"]))

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Let every call go that is held, and those that come."""
        gate = os.open(self._gate, os.O_RDWR)
        try:
            yield
        finally:
            os.close(gate)


@contextlib.asynccontextmanager
async def callers(served: Served, folder: Path) -> AsyncIterator[Callers]:
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(athena.Client(url)) for url in served.urls.values()]
        assert len(clients) == 3
        watching = asyncio.create_task(served.watch())
        try:
            yield Callers(clients, folder)
        finally:
            watching.cancel()


async def killed(pid: int, lost: list[asyncio.Task[Ended]]) -> None:
    """Kill it: everybody who lost something is told, once, in time."""
    late = Lateness()
    keeping = asyncio.create_task(late.keep())
    at = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    found = await asyncio.wait_for(asyncio.gather(*lost), 10)
    keeping.cancel()
    assert {repr(one.outcome) for one in found} == {TOLD}
    last = max(one.at for one in found) - at
    assert last < BOUND + late.worst, f"the last was told after {last:.3f} s; this loop was {late.worst:.3f} s late"


async def back(served: Served, workers: int, since: float) -> None:
    """Wait until ``/readyz`` says that all of them are up."""
    deadline = time.monotonic() + 20
    while not any(one.at > since and one.workers == {"ready": workers} for one in served.seen):
        assert time.monotonic() < deadline, f"the worker is not back: {served.seen[-1]}"
        await asyncio.sleep(0.02)


@pytest.mark.timeout(120)
async def test_the_callers_of_a_killed_worker_are_told_at_once_and_nobody_else_loses_anything(tmp_path: Path) -> None:
    keys = f"workers = 2\nthreads = {THREADS}\nqueue = 64"
    async with served(tmp_path, keys) as service, callers(service, tmp_path) as people:
        talks = [await people.talk(f"talk-{number}") for number in range(2 * SESSIONS)]
        calls = {f"call-{number}": people.call(f"call-{number}", "held") for number in range(2 * THREADS)}
        await until(service, "athena_inflight", 2 * THREADS)
        waiting = [people.call(f"later-{number}", "echo") for number in range(WAITING)]
        await until(service, "athena_queue_depth", WAITING)

        victim, other = sorted({talk.pid for talk in talks})
        placed = {tag: people.where("once", tag) for tag in calls}
        assert sorted(placed.values()) == [victim] * THREADS + [other] * THREADS
        torn = [talk for talk in talks if talk.pid == victim]
        assert len(torn) == SESSIONS
        at = time.monotonic()
        lost = [calls[tag] for tag, pid in placed.items() if pid == victim]
        await killed(victim, [*lost, *(talk.reader for talk in torn)])
        for talk in torn:
            await refused(talk.session.read(), Fault.SESSION_CLOSED)

        # Those who waited are served while the other worker is still full: by the one that came for the dead one.
        served_later = await asyncio.wait_for(asyncio.gather(*waiting), 20)
        assert all(isinstance(one.outcome, Reply) for one in served_later)
        assert {people.where("once", f"later-{number}") for number in range(WAITING)}.isdisjoint({victim, other})
        await back(service, 2, at)
        with people.released():
            kept = [await asyncio.wait_for(calls[tag], 10) for tag, pid in placed.items() if pid == other]
        for talk in talks:
            if talk.pid == other:
                await talk.goes_on()
        assert {one.outcome.part("pid").text for one in kept if isinstance(one.outcome, Reply)} == {str(other)}
        assert all(isinstance(one.outcome, Reply) for one in kept)
        assert [one.at for one in kept if one.at < at] == []
    tells_of_one_that_is_missing(service, at)


def tells_of_one_that_is_missing(service: Served, at: float) -> None:
    """With one of two away the service is ready all the time, and says that one is away while it is."""
    assert {one.status for one in service.seen} == {200}
    assert {str(one.workers) for one in service.seen if one.at < at} == {"{'ready': 2}"}
    away = [one for one in service.seen if one.workers.get("ready") == 1]
    assert away
    assert {one.reason for one in away} == {"1 of 2 workers are being restarted"}
    assert (service.seen[-1].workers, service.seen[-1].reason) == ({"ready": 2}, "")


@pytest.mark.timeout(120)
async def test_readyz_says_no_and_why_while_the_only_worker_is_away_and_then_yes_again(tmp_path: Path) -> None:
    async with served(tmp_path, f"workers = 1\nthreads = {THREADS}\nqueue = 64") as service:
        async with callers(service, tmp_path) as people:
            await people.call("first", "echo")  # a worker that finished nothing would be said to die at once
            calls = {f"call-{number}": people.call(f"call-{number}", "held") for number in range(THREADS)}
            await until(service, "athena_inflight", THREADS)
            waiting = [people.call(f"later-{number}", "echo") for number in range(WAITING)]
            await until(service, "athena_queue_depth", WAITING)
            [victim] = {people.where("once", tag) for tag in calls}
            at = time.monotonic()
            await killed(victim, list(calls.values()))
            # Whoever calls while nobody is there waits, and is served.
            waiting.append(people.call("meanwhile", "echo"))
            found = await asyncio.wait_for(asyncio.gather(*waiting), 20)
            assert all(isinstance(one.outcome, Reply) for one in found)
            await back(service, 1, at)
        assert (await service.look()).status == 200
    assert all((one.status == 200) == (one.workers.get("ready") == 1) for one in service.seen)
    away = [one for one in service.seen if one.status == 503]
    assert away
    assert {one.reason for one in away} == {"held: no worker is ready"}
    assert [one.status for one in service.seen if one.at < at or one.at > away[-1].at].count(503) == 0
