"""Whatever a wrapper does in a hook, each caller gets one typed error and the kernel stands (F01, F06, F10)."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterable
from itertools import product

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Channel
from athena.models import Part, Stage
from athena.testing import Loopback, LoopbackChannel
from athena.testing.bounded import bounded, refused
from athena.testing.found import names
from athena.testing.misbehave import DEADLY, RAISES, RETURNS, SECRET
from athena.testing.transport import Case, Ground
from athena.testing.transport.ground import write
from athena.testing.transport.rows import Rows
from athena.testing.transport.sessions import drained, text

WIRES = ("loopback", *(name for name in names("transports") if name != "loopback"))
HOW = {"loopback": ({}, False, {"transports.loopback": Loopback}, LoopbackChannel)}


def case(transport: str, executor: str) -> Case:
    section, wire, plugins, channel = HOW.get(transport, ({"port": 0}, True, {}, None))
    return Case(transport, executor, section, wire, plugins, channel)


CASES = [case(*pair) for pair in product(WIRES, ("thread", "process"))]
ISOLATED = [case for case in CASES if case.executor == "process"]


async def once(there: Ground, channel: Channel, bad: str) -> object:
    return await channel.once(there.request(do="bad", bad=bad))


async def following(there: Ground, channel: Channel, bad: str) -> object:
    """The iterator of once, from its third item on."""
    return [reply async for reply in channel.stream(there.request(do="bad", bad=bad, good="2"))]


async def batch(there: Ground, channel: Channel, bad: str) -> object:
    return await channel.once(there.request(service="batch", bad=bad))


async def create(there: Ground, channel: Channel, bad: str) -> object:
    session = await channel.open(there.request(bad_in="create", bad=bad))
    try:
        return await session.read()
    finally:
        await session.close()


async def _written(there: Ground, channel: Channel, bad: str, hook: str) -> object:
    session = await channel.open(there.request(bad_in=hook, bad=bad))
    try:
        await session.write(write(text(0)))
        return await drained(session)
    finally:
        await session.close()


async def session_write(there: Ground, channel: Channel, bad: str) -> object:
    return await _written(there, channel, bad, "write")


async def session_read(there: Ground, channel: Channel, bad: str) -> object:
    return await _written(there, channel, bad, "read")


Call = Callable[[Ground, Channel, str], Awaitable[object]]
ONCE_HOOKS: dict[str, tuple[Call, Iterable[str]]] = {
    "athena_once_exec": (once, (*RAISES, *RETURNS)),
    "athena_once_exec's iterator": (following, (*RAISES, *RETURNS)),
    "athena_batch_exec": (batch, (*RAISES, *RETURNS)),
    # Any token but None is a session, and what a write returns is nobody's business.
    "athena_session_create": (create, (*RAISES, "none")),
    "athena_session_write": (session_write, RAISES),
    "athena_session_read": (session_read, (*RAISES, *RETURNS)),
}


async def stands(there: Ground, channel: Channel) -> None:
    """The kernel is this process, and it serves the next caller."""
    seen = json.loads((await channel.once(there.request(do="see"))).part("seen").text)
    assert (seen["pid"] == os.getpid()) == (there.case.executor == "thread")


@pytest.mark.parametrize("case", CASES, ids=str, scope="class")
class TestHooks(Rows):
    """What is raised, and what is returned instead of a reply."""

    @pytest.mark.parametrize("hook", ONCE_HOOKS)
    @bounded
    async def test_whatever_a_hook_does_is_one_typed_error(self, there: Ground, hook: str) -> None:
        channel = await there.shared()
        call, bads = ONCE_HOOKS[hook]
        wrong: list[str] = []
        for bad in bads:
            try:
                error = await refused(call(there, channel, bad), Fault.USER_ERROR, within=5.0)
            except AssertionError as failure:
                wrong.append(f"{bad}: {failure}")
                continue
            if error.executed is not Executed.YES:
                wrong.append(f"{bad}: executed is {error.executed}")
            if SECRET in error.message or "Traceback" in error.message or hook not in error.message:
                wrong.append(f"{bad}: the sentence is {error.message!r}")
        assert not wrong, "\n".join(wrong)
        await stands(there, channel)

    @bounded
    async def test_whatever_destroy_does_the_session_has_ended_well(self, there: Ground) -> None:
        channel = await there.shared()
        for bad in RAISES:
            tag = there.tag()
            session = await channel.open(there.request(bad_in="destroy", bad=bad, tag=tag))
            await session.write(write(text(0, Stage.END)))
            assert (await drained(session))[-1].part("writes").text == "1", bad
            await session.close()
            await there.journal.seen("destroy", tag)
        await stands(there, channel)


@pytest.mark.parametrize("case", ISOLATED, ids=str, scope="class")
class TestDeath(Rows):
    """``os._exit`` and SIGKILL, in a worker process."""

    @pytest.mark.parametrize("hook", list(ONCE_HOOKS))
    @bounded
    async def test_a_death_is_worker_lost_and_the_next_caller_is_served(self, there: Ground, hook: str) -> None:
        channel = await there.shared()
        call, _ = ONCE_HOOKS[hook]
        for bad in DEADLY:
            error = await refused(call(there, channel, bad), Fault.WORKER_LOST)
            assert error.executed is Executed.UNKNOWN, bad
            await stands(there, channel)

    @bounded
    async def test_a_death_in_destroy_comes_after_the_end(self, there: Ground) -> None:
        channel = await there.shared()
        tag = there.tag()
        session = await channel.open(there.request(bad_in="destroy", bad="os-exit", tag=tag))
        await session.write(write(text(0, Stage.END)))
        assert (await drained(session))[-1].part("writes").text == "1"
        await session.close()
        await there.journal.seen("destroy", tag)
        for _ in range(20):
            try:
                await channel.once(there.request(Part("a", b"1")))
                break
            except ServiceError as error:
                # A call that was handed over in the very moment of the death is lost, and says so.
                assert error.fault is Fault.WORKER_LOST
                await asyncio.sleep(0.05)
        await stands(there, channel)
