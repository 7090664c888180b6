"""Personalised resources through a kernel with worker processes: killed, swapped, in use."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import athena
from athena.errors import Fault, ServiceError
from athena.kernel import Kernel
from athena.models import ANONYMOUS, END_MARK, Document, Part, Request, Resource, Stage
from athena.testing.bounded import bounded, eventually, refused

A = Resource("a", (Part("words", b"of a"),))
TOML = """
[services.kept]
wrapper = "athena.testing.probe:ResourceProbe"
executor = "process"
workers = 2
spares = 1
"""


async def held(kernel: Kernel, named: str = "") -> dict[str, Any]:  # Any: JSON
    reply = await kernel.once("kept", Request("", params={"do": "held", "res_id": named}))
    told: dict[str, Any] = json.loads(reply.part("held").text)
    return told


async def everywhere(kernel: Kernel) -> dict[int, list[str]]:
    found = {}
    for _ in range(5):
        for told in await asyncio.gather(*(held(kernel) for _ in range(8))):
            found[told["pid"]] = told["held"]
    return found


@bounded
async def test_workers_that_are_killed_come_back_with_them() -> None:
    async with athena.start(Document(TOML)) as kernel:
        await kernel.dispatcher.load("kept", A, ANONYMOUS)
        before = set(await everywhere(kernel))
        for _ in range(3):
            with contextlib.suppress(ServiceError):
                await kernel.once("kept", Request("", params={"do": "bad", "bad": "kill"}))
            assert (await held(kernel, "a"))["named"] == [["a", {}, ["words"]]]
        await eventually(lambda: not kernel.services()["kept"].health.reason, "all are up again", 20.0)
        after = await everywhere(kernel)
        assert set(after) - before
        assert set(map(tuple, after.values())) == {("a",)}


@bounded
async def test_a_new_generation_has_them_before_it_takes_work_and_goes_on_with_what_comes() -> None:
    async with athena.start(Document(TOML)) as kernel:
        await kernel.dispatcher.load("kept", A, ANONYMOUS)
        before = set(await everywhere(kernel))
        stop = asyncio.Event()
        calls: list[str] = []

        async def call_on() -> None:
            while not stop.is_set():
                calls.append(str((await held(kernel, "a"))["named"][0][0]))

        calling = asyncio.ensure_future(call_on())
        await kernel.reload(swap=["kept"])
        await kernel.dispatcher.load("kept", Resource("b", A.parts), ANONYMOUS)
        stop.set()
        await calling
        assert set(calls) == {"a"}
        after = await everywhere(kernel)
        assert not set(after) & before
        assert set(map(tuple, after.values())) == {("a", "b")}
        await kernel.dispatcher.unload("kept", "a", ANONYMOUS)
        await refused(kernel.once("kept", Request("", params={"res_id": "a"})), Fault.NOT_FOUND)


@bounded
async def test_what_a_session_names_is_there_until_it_has_ended() -> None:
    async with athena.start(Document(TOML)) as kernel:
        await kernel.dispatcher.load("kept", A, ANONYMOUS)
        await refused(kernel.open("kept", Request("", params={"res_id": "b"})), Fault.NOT_FOUND)
        session = await kernel.open("kept", Request("", headers={"res_id": "a"}))
        assert [view.users for view in kernel.dispatcher.resources("kept", ANONYMOUS)] == [1]
        unloading = asyncio.ensure_future(kernel.dispatcher.unload("kept", "a", ANONYMOUS))
        await asyncio.sleep(0.1)
        assert set(map(tuple, (await everywhere(kernel)).values())) == {("a",)}
        assert kernel.dispatcher.resources("kept", ANONYMOUS) == ()
        await session.write(Request("", parts=(END_MARK,)))
        while (await session.read(5.0)).stage is not Stage.END:
            pass
        await session.close()
        await asyncio.wait_for(unloading, 10)
        assert set(map(tuple, (await everywhere(kernel)).values())) == {()}


@bounded
async def test_a_stream_that_names_one_holds_it_and_gives_it_back() -> None:
    async with athena.start(Document(TOML)) as kernel:
        await kernel.dispatcher.load("kept", A, ANONYMOUS)
        stream = kernel.stream("kept", Request("", params={"do": "count", "n": "1000", "res_id": "a"}))
        await stream.__anext__()
        assert [view.users for view in kernel.dispatcher.resources("kept", ANONYMOUS)] == [1]
        await stream.aclose()
        await kernel.dispatcher.unload("kept", "a", ANONYMOUS)
