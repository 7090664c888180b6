"""A library that crashes takes its worker along and nothing else; its codes cross the boundary whole."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from athena import Executed, Fault, Kind, Part, Request, Stage
from athena.kernel import Kernel, start
from athena.models import Document
from athena.testing.bounded import bounded, refused

TEXT = Part("a", b"1", Kind.TEXT)


@pytest_asyncio.fixture
async def kernel(build: Any) -> AsyncIterator[Kernel]:
    """Two services on the probe: one by return, one by callback; and echo, which must not notice."""
    table = f'wrapper = "{build()}"\n'
    text = f"[services.sync]\n{table}[services.async]\n{table}threads = 4\n[services.async.config.native]\n"
    text += 'asynchronous = true\n[services.other]\nwrapper = "echo"\n'
    async with start(Document(text, "1", "t.toml")) as running:
        yield running


async def well(kernel: Kernel, service: str) -> None:
    """It answers, once its worker is back."""
    for _ in range(100):
        try:
            reply = await kernel.once(service, Request("", parts=(TEXT,)))
        except Exception as error:
            assert getattr(error, "fault", None) is Fault.UNAVAILABLE, error
        else:
            assert bytes(reply.part("a").data) == b"1"
            return
    raise AssertionError(f"{service} did not come back")


@pytest.mark.parametrize("service", ["sync", "async"])
@pytest.mark.parametrize("how", ["crash", "exit"])
@bounded
async def test_a_crash_in_a_call_is_worker_lost_and_nothing_more(kernel: Kernel, service: str, how: str) -> None:
    error = await refused(kernel.once(service, Request("", params={"do": how})), Fault.WORKER_LOST)
    assert error.executed is Executed.UNKNOWN
    await kernel.once("other", Request("", parts=(TEXT,)))
    await well(kernel, service)


@bounded
async def test_a_crash_in_a_thread_of_the_librarys_is_worker_lost_too(kernel: Kernel) -> None:
    await refused(kernel.once("async", Request("", params={"do": "fail", "code": "-99"})), Fault.WORKER_LOST)
    await well(kernel, "async")


@bounded
async def test_a_crash_in_a_session_is_its_end_and_nothing_more(kernel: Kernel) -> None:
    session = await kernel.open("sync", Request("", params={"do": "crash in write"}))
    await session.write(Request("", parts=(Part("a", b"1", Kind.TEXT, Stage.BEGIN),)))
    await refused(session.read(), Fault.WORKER_LOST)
    await session.close()
    await well(kernel, "sync")


@pytest.mark.parametrize(("service", "how"), [("sync", "error"), ("async", "error"), ("async", "fail")])
@bounded
async def test_a_code_and_its_words_reach_the_caller(kernel: Kernel, service: str, how: str) -> None:
    error = await refused(kernel.once(service, Request("", params={"do": how, "code": "20001"})), Fault.USER_ERROR)
    assert (error.code, error.message, error.executed) == (20001, "the words for it", Executed.YES)


@pytest.mark.parametrize(("service", "how"), [("sync", "bad write"), ("sync", "bad read"), ("async", "fail")])
@bounded
async def test_a_sessions_code_is_its_terminal_event(kernel: Kernel, service: str, how: str) -> None:
    session = await kernel.open(service, Request("", params={"do": how, "code": "20002"}))
    await session.write(Request("", parts=(Part("a", b"1", Kind.TEXT, Stage.END),)))
    error = await refused(session.read(), Fault.USER_ERROR)
    assert (error.code, error.message) == (20002, "the words for it")
    await session.close()


@pytest.mark.parametrize("how", ["", "here", "early"])
@bounded
async def test_callbacks_from_any_thread_reach_the_client(kernel: Kernel, how: str) -> None:
    session = await kernel.open("async", Request("", params={"do": how}))
    await session.write(Request("", parts=(Part("a", b"1", Kind.TEXT, Stage.END),)))
    replies = [await session.read(10)]
    while replies[-1].stage is not Stage.END:
        replies.append(await session.read(10))
    assert [part.key for reply in replies for part in reply.parts] == (["early"] if how == "early" else []) + ["a"]
    await session.close()


@bounded
async def test_a_deadline_that_passes_while_a_callback_is_awaited_is_told(kernel: Kernel) -> None:
    request = Request("", params={"do": "never"}, deadline=time.monotonic() + 0.3)
    await refused(kernel.once("async", request), Fault.DEADLINE)
    await well(kernel, "async")
