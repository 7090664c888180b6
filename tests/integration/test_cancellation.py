"""Clients that leave a real ``athena run``, on every wire: the wrapper sees it within 100 ms, and all is freed."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import product
from pathlib import Path

import pytest
from attrs import frozen

import athena
from athena.models import Part, Request
from athena.testing.journal import Journal

from .abandoned import asked
from .served import Served, running

BOUND = 0.1
"""Seconds the issue gives until the wrapper knows that its caller has gone."""
TRIES = 5
"""A machine that is busy with something else makes a try late, and never early: one in time is enough."""
WIRES = ("http", "grpc", "zmq")
WRAPPER = Path(__file__).with_name("leaver.py")
pytestmark = [pytest.mark.parametrize("executor", ["thread", "process"]), pytest.mark.timeout(180)]


@frozen
class House:
    """A kernel with the service ``leaver``, and what its wrapper noted."""

    kernel: Served
    journal: Journal

    async def began(self, tag: str) -> None:
        await self._noted("began", tag)

    async def late(self, tag: str, left: float) -> float:
        """Seconds from when its client went until the wrapper saw it."""
        await self._noted("seen", tag)
        (seen,) = self.journal.find("seen", tag)
        assert seen.get("cancelled", True), f"{tag} stopped by itself"
        assert seen.get("lane", True), f"the finally of {tag} ran on another thread"
        at = seen["at"]
        assert isinstance(at, float)
        return at - left

    async def stuck(self, tag: str) -> None:
        """The iterator has yielded all it could: it waits for its reader."""
        items = -1
        while items != (items := self.journal.count("item", tag)):  # noqa: ASYNC110  another process tells nobody
            await asyncio.sleep(0.3)

    async def _noted(self, event: str, tag: str) -> None:
        until = time.monotonic() + 10
        while not self.journal.count(event, tag):
            assert time.monotonic() < until, f"{tag} never {event}"
            await asyncio.sleep(0.005)

    async def freed(self) -> None:
        """No slot and no session is held any more."""
        until = time.monotonic() + 10
        for name in ("athena_inflight", "athena_queue_depth", "athena_sessions"):
            while await self.kernel.gauge(name, "leaver"):
                assert time.monotonic() < until, name
                await asyncio.sleep(0.02)

    async def cancelled(self, wire: str) -> float:
        """How many of that wire's clients were counted as gone."""
        return await self.kernel.gauge("athena_cancelled_total", "leaver", f',transport="{wire}"')


@contextlib.asynccontextmanager
async def house(folder: Path, executor: str) -> AsyncIterator[House]:
    text = f"""
        [services.leaver]
        wrapper = "{WRAPPER}"
        executor = "{executor}"
        threads = 12
        grace = 20
        [services.leaver.config]
        journal = "{folder / "journal"}"
    """
    async with running(folder, text + "\n") as kernel:
        yield House(kernel, Journal(folder / "journal"))


async def cancelled_call(at: House, url: str, tag: str) -> float:
    """A client that cancels while its wrapper polls."""
    async with athena.Client(url) as client:
        call = asyncio.ensure_future(client.once("leaver", asked("poll", tag)))
        await at.began(f"{tag}-poll")
        left = time.time()
        call.cancel()
        await asyncio.wait([call], timeout=5)
        return await at.late(f"{tag}-poll", left)


async def closed_stream(at: House, url: str, tag: str) -> float:
    """A client that stops reading an iterator, between two items."""
    async with athena.Client(url) as client:
        replies = client.stream("leaver", asked("count", tag))
        for _ in range(3):
            await asyncio.wait_for(replies.__anext__(), 10)
        left = time.time()
        await replies.aclose()
        return await at.late(f"{tag}-count", left)


async def unread_stream(at: House, url: str, tag: str) -> float:
    """A client that goes while the iterator waits for it to read."""
    async with athena.Client(url) as client:
        replies = client.stream("leaver", asked("flood", tag))
        await asyncio.wait_for(replies.__anext__(), 10)
        await at.stuck(f"{tag}-flood")
        left = time.time()
        await replies.aclose()
        return await at.late(f"{tag}-flood", left)


def closed_session(do: str) -> Callable[[House, str, str], Awaitable[float]]:
    """A client that closes a session: its write hook polls or emits, or has returned and a thread of it polls."""

    async def session(at: House, url: str, tag: str) -> float:
        async with athena.Client(url) as client:
            talk = await client.open("leaver", asked(do, tag))
            await talk.write(Request("leaver", parts=(Part("data", b"x"),)))
            await at.began(f"{tag}-{do}")
            left = time.time()
            closing = asyncio.ensure_future(talk.close())
            late = await at.late(f"{tag}-{do}", left)
            await asyncio.wait_for(closing, 10)
            until = time.monotonic() + 5
            while at.journal.count("destroyed", f"{tag}-{do}") < 1:
                assert time.monotonic() < until
                await asyncio.sleep(0.005)
            return late

    return session


KINDS = {
    "once": cancelled_call,
    "iterator": closed_stream,
    "unread iterator": unread_stream,
    "polling session": closed_session("poll"),
    "emitting session": closed_session("emit"),
    "idle session": closed_session("idle"),
}


async def test_a_client_that_cancels_is_seen_by_the_wrapper_within_100_ms(executor: str, tmp_path: Path) -> None:
    late: dict[tuple[str, str], float] = {}
    left: Counter[str] = Counter()
    async with house(tmp_path, executor) as at:
        for wire, (kind, leave) in product(WIRES, KINDS.items()):
            for number in range(TRIES):
                late[wire, kind] = await leave(at, at.kernel.urls[wire], f"{wire}-{kind.replace(' ', '-')}-{number}")
                left[wire] += 1
                if late[wire, kind] <= BOUND:
                    break
        await at.freed()
        assert {wire: await at.cancelled(wire) for wire in WIRES} == left
        destroyed = [entry["tag"] for entry in at.journal.find("destroyed")]
        assert len(destroyed) == len(set(destroyed)) == len([tag for tag in destroyed if "session" in str(tag)])
    for (wire, kind), seconds in late.items():
        print(f"{executor:8} {wire:5} {kind:17} {seconds * 1e3:6.1f} ms")
    assert {cell: seconds for cell, seconds in late.items() if seconds > BOUND} == {}


async def killed(at: House, url: str, name: str) -> dict[str, float]:
    """A client process that dies with four kinds of calls open: how late each of them was seen."""
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.abandoned", url, "leaver", name, cwd=WRAPPER.parents[2]
    )
    tags = [f"{name}-{what}" for what in ("poll", "count", "session-poll", "session-emit")]
    try:
        for tag in tags:
            await at.began(tag)
    finally:
        client.send_signal(signal.SIGKILL)
        await asyncio.wait_for(client.wait(), 5)
    died = time.time()  # how long a process takes to die on a busy machine is not Athena's
    return {tag.removeprefix(f"{name}-"): await at.late(tag, died) for tag in tags}


async def test_a_client_that_is_killed_is_seen_by_the_wrapper_within_100_ms(executor: str, tmp_path: Path) -> None:
    late: dict[tuple[str, str], float] = {}
    left: Counter[str] = Counter()
    async with house(tmp_path, executor) as at:
        for wire, number in product(WIRES, range(TRIES)):
            if number and all(seconds <= BOUND for (on, _), seconds in late.items() if on == wire):
                continue
            for what, seconds in (await killed(at, at.kernel.urls[wire], f"{wire}-{number}")).items():
                late[wire, what] = min(seconds, late.get((wire, what), seconds))
                left[wire] += 1
        await at.freed()
        assert {wire: await at.cancelled(wire) for wire in WIRES} == left
    for (wire, what), seconds in late.items():
        print(f"{executor:8} {wire:5} killed {what:13} {seconds * 1e3:6.1f} ms")
    assert {cell: seconds for cell, seconds in late.items() if seconds > BOUND} == {}
