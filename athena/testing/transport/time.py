"""Rows about time and about callers who change their mind."""

from __future__ import annotations

import asyncio
import time

from athena.errors import Fault
from athena.models import Part
from athena.testing.bounded import bounded, eventually, refused

from .ground import Ground
from .rows import Rows

__all__ = ["TimeRows"]


class TimeRows(Rows):
    """Deadlines and cancellation."""

    @bounded
    async def test_a_deadline_is_kept_and_the_wrapper_hears_of_it(self, there: Ground) -> None:
        tag = there.tag()
        began = time.monotonic()
        request = there.request(do="poll", seconds="20", tag=tag, within=0.4)
        await refused((await there.shared()).once(request), Fault.DEADLINE, within=3.0)
        assert time.monotonic() - began >= 0.3
        await there.journal.seen("cancelled", tag)

    @bounded
    async def test_a_deaf_wrapper_does_not_hold_its_caller(self, there: Ground) -> None:
        request = there.request(do="sleep", seconds="1.5", within=0.3)
        await refused((await there.shared()).once(request), Fault.DEADLINE, within=1.4)

    @bounded
    async def test_a_deadline_in_the_middle_of_a_stream_ends_it(self, there: Ground) -> None:
        tag = there.tag()
        got: list[str] = []

        async def items() -> None:
            request = there.request(do="count", n="1000", delay="0.05", tag=tag, within=0.8)
            async for reply in (await there.shared()).stream(request):
                got.extend(part.text for part in reply.parts)

        await refused(items(), Fault.DEADLINE, within=5.0)
        assert got
        await there.journal.seen("iterator closed", tag)

    @bounded
    async def test_a_deadline_that_has_passed_runs_nothing(self, there: Ground) -> None:
        tag = there.tag()
        await refused(
            (await there.shared()).once(there.request(tag=tag, within=-1.0)), Fault.DEADLINE, Fault.BAD_REQUEST
        )
        assert there.journal.count("once", tag) == 0

    @bounded
    async def test_a_caller_who_leaves_cancels_the_wrapper(self, there: Ground) -> None:
        tag = there.tag()
        channel = await there.shared()
        call = asyncio.create_task(channel.once(there.request(do="poll", seconds="20", tag=tag)))
        await there.journal.seen("once", tag)
        call.cancel()
        await asyncio.wait({call}, timeout=5)
        assert call.cancelled()
        await there.journal.seen("cancelled", tag, within=5.0)
        assert (await channel.once(there.request(Part("a", b"1")))).part("a").tobytes() == b"1"

    @bounded
    async def test_callers_who_leave_at_any_moment_leave_nothing_running(self, there: Ground) -> None:
        channel = await there.shared()
        for moment in range(40):
            call = asyncio.ensure_future(channel.once(there.request(Part("a", b"1" * 1000), do="count", n="20")))
            await asyncio.sleep(moment / 10_000)
            call.cancel()
            await asyncio.wait({call}, timeout=10)
            assert call.done()
        await eventually(lambda: there.metric("athena_inflight") == 0, "no call is in flight")
        assert (await channel.once(there.request(Part("a", b"1")))).part("a").tobytes() == b"1"

    @bounded
    async def test_a_channel_that_stops_cancels_its_calls(self, there: Ground) -> None:
        tag = there.tag()
        channel = await there.channel()
        call = asyncio.create_task(channel.once(there.request(do="poll", seconds="20", tag=tag)))
        await there.journal.seen("once", tag)
        await channel.stop()
        await there.journal.seen("cancelled", tag, within=10.0)
        await asyncio.wait({call}, timeout=5)
        assert call.done(), "no call outlives its channel"
        if not call.cancelled():
            assert call.exception() is not None

    @bounded
    async def test_a_stream_that_nobody_reads_on_is_closed(self, there: Ground) -> None:
        tag = there.tag()
        replies = (await there.shared()).stream(there.request(do="count", n="100000", delay="0.01", tag=tag))
        await replies.__anext__()
        await replies.aclose()
        await there.journal.seen("iterator closed", tag)
