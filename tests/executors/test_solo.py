"""A wrapper's main thread: one thing at a time, always the same thread, and no exit comes out of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from athena.errors import PluginBroken
from athena.executors.mailbox import Mailbox
from athena.executors.solo import Solo


@asynccontextmanager
async def solo() -> AsyncIterator[Solo]:
    made = Solo("ocr", Mailbox(asyncio.get_running_loop()))
    made.start()
    try:
        yield made
    finally:
        made.stop()


async def test_everything_runs_on_one_thread_that_is_not_the_loops() -> None:
    async with solo() as main:
        names = [await main.run(threading.get_ident) for _ in range(3)]
    assert len(set(names)) == 1
    assert names[0] != threading.get_ident()


async def test_what_it_raises_comes_out_as_it_was() -> None:
    def fail() -> None:
        raise ValueError("not today")

    async with solo() as main:
        with pytest.raises(ValueError, match="not today"):
            await main.run(fail)
        assert await main.run(lambda: 1) == 1


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit])
async def test_an_exit_becomes_a_refusal_that_names_the_service(kind: type[BaseException]) -> None:
    def leave() -> None:
        raise kind("3")

    async with solo() as main:
        with pytest.raises(PluginBroken, match=rf"services\.ocr: loading its wrapper raised {kind.__name__}"):
            await main.run(leave)


async def test_who_gives_up_waiting_does_not_disturb_the_next() -> None:
    gate = threading.Event()
    async with solo() as main:
        first = asyncio.create_task(main.run(lambda: gate.wait(10)))
        await asyncio.sleep(0.01)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        gate.set()
        assert await asyncio.wait_for(main.run(lambda: "next"), 5) == "next"
