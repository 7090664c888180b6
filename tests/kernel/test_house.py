"""A kernel as whoever embeds it sees it: calls, drain, stop, and settings that are read as they will run."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

import athena
from athena import Part, Request
from athena.errors import Fault, SettingsError
from athena.models import Document, Stage
from athena.testing.bounded import eventually, refused

from .players import Echo, Script, parts_of

WAITING = Request("", params={"wait": "1"})


def kernel(text: str = "", **more: Any) -> Any:
    return athena.start(Document(text, "1", "site.toml"), **{"wrappers": {"echo": Echo()}, **more})


async def test_the_embedders_calls_are_calls_like_any_other() -> None:
    async with kernel() as running:
        assert (await running.once("echo", Request("", parts=parts_of(a="1")))).part("a").text == "1"
        items = [reply async for reply in running.stream("echo", Request("", params={"items": "3"}))]
        assert len(items) == 3
        session = await running.open("echo")
        await session.write(Request("", parts=(Part("a", b"1", stage=Stage.END),)))
        assert (await session.read()).stage is Stage.END
        await session.close()
        await refused(running.once("nobody", Request("")), Fault.NOT_FOUND)
        assert list(running.services()) == ["echo"]
        assert b'transport="kernel"' in running.dispatcher.metrics()


async def test_stopping_finishes_what_was_accepted_and_takes_nothing_new() -> None:
    echo = Echo()
    async with kernel("[kernel]\ndrain_timeout = 10.0\n", wrappers={"echo": echo}) as running:
        call = asyncio.create_task(running.once("echo", Request("", parts=parts_of(a="1"), params={"wait": "1"})))
        await eventually(echo.called.is_set, "the call began")
        stopping = asyncio.create_task(running.stop())
        await asyncio.sleep(0.05)
        await refused(running.once("echo", Request("")), Fault.UNAVAILABLE)
        assert not stopping.done()
        echo.release.set()
        assert (await asyncio.wait_for(call, 5)).part("a").text == "1"
        await asyncio.wait_for(stopping, 10)
        await asyncio.wait_for(running.wait(), 5)
    assert echo.notes[-1] == "fini"


async def test_a_session_is_waited_for_and_then_told() -> None:
    echo = Echo()
    async with kernel("[kernel]\ndrain_timeout = 0.2\n", wrappers={"echo": echo}) as running:
        session = await running.open("echo")
        reading = asyncio.create_task(session.read())
        began = time.monotonic()
        await asyncio.wait_for(running.stop(), 10)
        assert time.monotonic() - began >= 0.2
        await refused(reading, Fault.UNAVAILABLE)
    assert echo.notes == ["init", "destroy", "fini"]


async def test_a_second_stop_can_hurry_and_many_stops_are_one() -> None:
    echo = Echo()
    async with kernel("[kernel]\ndrain_timeout = 30.0\n", wrappers={"echo": echo}) as running:
        session = await running.open("echo")
        first = asyncio.create_task(running.stop())
        await asyncio.sleep(0.05)
        assert not first.done()
        await asyncio.wait_for(running.stop(0), 10)
        await asyncio.wait_for(first, 1)
        await refused(session.read())
    assert echo.notes.count("fini") == 1


async def test_settings_are_read_as_this_kernel_would_run_them(tmp_path: Path) -> None:
    async with kernel() as running:
        document = Document('[services.x]\nwrapper = "./x.py"\n[services.echo]\n', origin=str(tmp_path / "a.toml"))
        settings = running.read(document)
        assert settings.services["x"].folder == str(tmp_path)
        assert settings.services["x"].executor == "process"
        assert settings.services["echo"].executor == "thread"


async def test_a_service_given_in_code_takes_its_limits_from_the_toml() -> None:
    text = "[services.echo]\nmax_sessions = 1\n"
    async with kernel(text) as running:
        first = await running.open("echo")
        await refused(running.open("echo"), Fault.OVERLOADED)
        await first.close()


async def test_a_document_that_is_broken_starts_nothing() -> None:
    echo, script = Echo(), Script()
    with pytest.raises(SettingsError) as caught:
        await kernel(
            "[kernel]\nnaem = 1\n[transport.t]\n[guards.g]\n", wrappers={"echo": echo}, plugins=script.plugins()
        )
    assert [problem.line for problem in caught.value.problems] == [2, 3]
    assert (echo.notes, script.log) == ([], [])


async def test_a_kernel_that_is_not_running_says_so() -> None:
    starting = kernel()
    async with starting as running:
        pass
    assert running.endpoints == ()
    await refused(running.once("echo", Request("")), Fault.UNAVAILABLE)
