"""Rows about beginning and ending: addresses that are taken, draining, and what is said meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from athena.errors import Fault
from athena.models import Part, Stage
from athena.testing.bounded import bounded, eventually, refused

from .ground import Case, Ground, ground, write
from .rows import Rows
from .sessions import drained, text

__all__ = ["ShutdownRows"]


def taken(there: Ground) -> Mapping[str, object]:
    """The section that asks for the address which is in use."""
    address = urlsplit(there.url)
    return {"port": address.port} if there.case.wire else {"name": address.netloc}


class ShutdownRows(Rows):
    """Health, drain and stop, each on a kernel of its own where it ends one."""

    @bounded
    async def test_health_is_told(self, there: Ground) -> None:
        channel = await there.shared()
        await channel.once(there.request())
        assert channel.health().ready, channel.health().reason

    @bounded
    async def test_calls_are_counted_under_the_transports_name(self, there: Ground) -> None:
        channel, name = await there.shared(), there.case.transport

        def counted(fault: str) -> float:
            return there.metric("athena_requests_total", transport=name, service="batch", fault=fault)

        before = [counted("OK"), counted("USER_ERROR")]
        await channel.once(there.request(service="batch"))
        await refused(channel.once(there.request(service="batch", bad="exception")), Fault.USER_ERROR)
        await eventually(
            lambda: [counted("OK"), counted("USER_ERROR")] == [before[0] + 1, before[1] + 1], "both calls were counted"
        )

    @bounded
    async def test_an_address_in_use_is_refused_with_a_sentence(self, there: Ground, tmp_path: Path) -> None:
        import_ = {**there.case.section, **taken(there)}
        case = Case(there.case.transport, "thread", import_, there.case.wire, there.case.plugins, there.case.channel)
        with pytest.raises(Exception) as caught:
            async with ground(case, tmp_path):
                pass
        said = str(caught.value)
        assert there.case.transport in said
        assert str(next(iter(taken(there).values()))) in said
        assert "in use" in said.lower()

    @bounded
    async def test_draining_refuses_new_work_and_finishes_what_was_taken(self, case: Case, tmp_path: Path) -> None:
        async with ground(case, tmp_path, drain_timeout=10.0) as there:
            channel, other, tag = await there.channel(), await there.channel(), there.tag()
            await other.once(there.request())
            session = await channel.open(there.request(tag=tag))
            await session.write(write(text(0)))
            await asyncio.wait_for(session.read(), 10)
            running = asyncio.create_task(
                channel.once(there.request(Part("a", b"1"), do="sleep", seconds="1.0", tag=tag))
            )
            await there.journal.seen("once", tag)
            drain = asyncio.ensure_future(there.kernel.stop())
            await asyncio.sleep(0.2)
            await refused(other.once(there.request()), Fault.UNAVAILABLE)
            assert (await running).part("a").tobytes() == b"1"
            await session.write(write(text(1, Stage.END)))
            assert (await drained(session))[-1].part("writes").text == "2"
            await session.close()
            await asyncio.wait_for(drain, 15)

    @bounded
    async def test_stopping_ends_what_does_not_end_by_itself(self, case: Case, tmp_path: Path) -> None:
        async with ground(case, tmp_path, drain_timeout=0.3) as there:
            channel, tag = await there.channel(), there.tag()
            session = await channel.open(there.request(tag=tag))
            await session.write(write(text(0)))
            await asyncio.wait_for(session.read(), 10)
            call = asyncio.create_task(channel.once(there.request(do="poll", seconds="20", tag=tag)))
            await there.journal.seen("once", tag)
            journal = there.journal
            reader = asyncio.create_task(session.read())
            stop = asyncio.ensure_future(there.kernel.stop())
            await refused(call, Fault.UNAVAILABLE, Fault.CANCELLED, Fault.WORKER_LOST, within=15)
            await refused(
                reader, Fault.UNAVAILABLE, Fault.CANCELLED, Fault.SESSION_CLOSED, Fault.WORKER_LOST, within=15
            )
            await asyncio.wait_for(stop, 15)
        await eventually(lambda: journal.count("destroy", tag) == 1, "the session was destroyed once")

    @bounded
    async def test_nobody_there_is_unavailable(self, case: Case, tmp_path: Path) -> None:
        async with ground(case, tmp_path) as there:
            url = there.url
            channel = await there.channel()
            await channel.once(there.request())
            late = there.request(within=3.0)
        assert url
        await refused(channel.once(late), Fault.UNAVAILABLE, Fault.DEADLINE, within=8.0)
