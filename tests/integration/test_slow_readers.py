"""Clients that do not read what they asked for, on every wire: they may hold a wrapper up, but not for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

import athena
from athena.errors import Fault
from athena.models import Part, Reply, Request
from athena.testing.bounded import eventually, refused
from athena.testing.journal import Journal

from .abandoned import asked
from .served import running

WRAPPER = Path(__file__).with_name("leaver.py")
PATIENCE = 1.0


async def read_on(read: Callable[[], Awaitable[Reply]]) -> None:
    # Bounded by a count: in Python 3.11 wait_for loses a cancellation that comes with its result, as each of many may.
    for _ in range(1000):
        await asyncio.wait_for(read(), 10)


def begun(journal: Journal, tag: str) -> Callable[[], bool]:
    return lambda: journal.count("began", tag) == 1


@pytest.mark.timeout(120)
@pytest.mark.parametrize("executor", ["thread", "process"])
@pytest.mark.parametrize("kind", ["stream", "session"])
async def test_a_wrapper_with_one_thread_is_free_again_when_a_reader_has_taken_nothing_for_long_enough(
    executor: str, kind: str, tmp_path: Path
) -> None:
    journal = Journal(tmp_path / "journal")
    text = f"""
        [kernel.limits]
        slow_reader = {PATIENCE}
        [services.leaver]
        wrapper = "{WRAPPER}"
        executor = "{executor}"
        [services.leaver.config]
        journal = "{journal.path}"
    """
    async with running(tmp_path, text + "\n") as kernel:
        for wire, url in kernel.urls.items():
            async with athena.Client(url) as slow, athena.Client(url) as other:
                if kind == "stream":
                    replies = slow.stream("leaver", asked("flood", wire))
                    await asyncio.wait_for(replies.__anext__(), 10)
                else:
                    session = await slow.open("leaver", asked("flood", wire))
                    await session.write(Request("leaver", parts=(Part("data", b"x"),)))
                # From here on it holds the one lane: a write is accepted before the wrapper is given it, and a call
                # that came first would leave a session that is read from its first reply on, and never ends.
                await eventually(begun(journal, f"{wire}-flood"), "the wrapper has begun")
                began = time.monotonic()
                reply = other.once("leaver", asked("quick", f"{wire}-other"))
                await asyncio.wait_for(reply, 10)
                assert time.monotonic() - began < PATIENCE + 4.0
                read = replies.__anext__ if kind == "stream" else session.read
                await refused(read_on(read), Fault.OVERLOADED)
            assert journal.count("seen", f"{wire}-flood") == 1
