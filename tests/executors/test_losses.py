"""Losses: a hook that does not return costs its thread, which is counted, and counts again when it comes back."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

import pytest

from athena import Part, Reply, Request, Wrapper, hookimpl
from athena.errors import Fault
from athena.executors.thread import ThreadExecutor
from athena.link.token import Token
from athena.models import Limits, ServiceSettings
from athena.testing.bounded import eventually, refused


class Sleepy(Wrapper):
    """Sleeps until it is woken."""

    def __init__(self) -> None:
        self.woken = threading.Event()

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        if "sleep" in request.params:
            self.woken.wait(30)
        return Reply((Part.from_text("done", "yes"),))


def request(within: float = 5.0, **params: str) -> Request:
    return Request("s", "sid", (), params, deadline=time.monotonic() + within, cancellation=Token())


async def late(executor: ThreadExecutor) -> Request:
    """A call whose caller goes at the deadline."""
    asked = request(0.05, sleep="1")
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(executor.once(asked), 0.05)
    return asked


async def started(wrapper: Sleepy, threads: int) -> ThreadExecutor:
    settings = ServiceSettings("s", executor="thread", threads=threads, grace=0.1)
    executor = ThreadExecutor(settings, Limits(), lambda: None, wrapper)
    await executor.start()
    return executor


async def test_a_lost_thread_is_counted_and_the_log_says_where_it_is(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    wrapper = Sleepy()
    executor = await started(wrapper, 2)
    try:
        await late(executor)
        await eventually(lambda: executor.health().workers == {"ready": 1, "lost": 1}, "one is lost")
        assert executor.health().ready
        assert executor.health().reason.startswith("1 of 2 threads are lost")
        assert executor.refusal is None
        assert (await executor.once(request())).part("done").text == "yes"
        [record] = [one for one in caplog.records if one.levelno == logging.ERROR]
        assert "athena_once_exec" in record.getMessage()
        assert "self.woken.wait(30)" in record.getMessage()
    finally:
        wrapper.woken.set()
        await executor.stop()


async def test_with_all_threads_lost_calls_are_refused_at_once_until_one_comes_back() -> None:
    wrapper = Sleepy()
    executor = await started(wrapper, 1)
    try:
        await late(executor)
        await eventually(lambda: not executor.health().ready, "it is lost")
        assert executor.health().workers == {"lost": 1}
        refusal = executor.refusal
        assert refusal is not None
        for call in (executor.once(request()), executor.open(request()), executor.stream(request()).__anext__()):
            error = await refused(call, Fault.OVERLOADED)
            assert (
                error.message
                == refusal.message
                == "s: all 1 threads are lost in hooks that did not return by deadline and grace"
            )
            assert error.retry_after
        wrapper.woken.set()
        await eventually(lambda: executor.health().ready, "it is back")
        assert executor.health().workers == {"ready": 1}
        assert executor.refusal is None
        assert (await executor.once(request())).part("done").text == "yes"
    finally:
        wrapper.woken.set()
        await executor.stop()


async def test_a_hook_that_returns_within_the_grace_has_lost_nothing() -> None:
    wrapper = Sleepy()
    executor = await started(wrapper, 1)
    try:
        asked = await late(executor)
        wrapper.woken.set()
        await eventually(lambda: not asked.cancellation.held, "it has returned")  # type: ignore[union-attr]
        await asyncio.sleep(0.2)
        assert executor.health().workers == {"ready": 1}
    finally:
        await executor.stop()


async def test_what_nobody_waits_for_is_forgotten_when_its_hook_returns_and_not_when_its_time_has_come() -> None:
    wrapper = Sleepy()
    executor = await started(wrapper, 1)
    losses = executor._hosted.losses
    assert losses is not None
    asked = request(30, sleep="1")
    call = asyncio.ensure_future(executor.once(asked))
    await asyncio.sleep(0.05)
    call.cancel()
    await asyncio.wait([call])
    assert list(losses.watched) == [asked.cancellation]
    wrapper.woken.set()
    # Else it would be held, with the replies that nobody took, until the deadline and the grace: 23 KiB for a stream.
    await eventually(lambda: not losses.watched, "the call is forgotten")
    await executor.stop()
