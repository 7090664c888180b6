"""Rows about detached sessions: found again by sid or alias, by the same caller alone."""

from __future__ import annotations

import asyncio

from athena.errors import Fault
from athena.models import Stage
from athena.testing.bounded import bounded, refused

from .ground import Ground, write
from .rows import Rows
from .sessions import drained, text

__all__ = ["DetachedRows"]


class DetachedRows(Rows):
    """Sessions that outlive their connection."""

    @bounded
    async def test_it_is_found_by_sid_on_another_channel(self, there: Ground) -> None:
        one, other = await there.channel("ann"), await there.channel("ann")
        session = await one.open(there.request(), detached=True)
        await session.write(write(text(0)))
        await one.stop()
        again = await other.session(session.sid)
        assert [part.text for part in (await again.read(10.0)).parts] == ["0"]
        await again.write(write(text(1, Stage.END)))
        replies = await drained(again)
        assert replies[-1].part("writes").text == "2"
        await again.close()

    @bounded
    async def test_it_is_found_by_the_clients_own_id(self, there: Ground) -> None:
        channel = await there.channel("ann")
        alias = there.tag()
        session = await channel.open(there.request(), detached=True, alias=alias)
        assert session.sid != alias, "a client's own id is never the sid"
        again = await channel.session(alias)
        await again.write(write(text(0, Stage.END)))
        assert [part.text for part in (await session.read(10.0)).parts] == ["0"]
        await session.close()

    @bounded
    async def test_another_caller_does_not_find_it(self, there: Ground) -> None:
        ann, bob = await there.channel("ann"), await there.channel("bob")
        alias, tag = there.tag(), there.tag()
        session = await ann.open(there.request(tag=tag), detached=True, alias=alias)
        for key in (session.sid, alias, "no-such-session"):
            stranger = await bob.session(key)
            await refused(stranger.write(write(text(0))), Fault.NOT_FOUND)
            await refused(stranger.read(0.0), Fault.NOT_FOUND)
            await stranger.close()
        assert there.journal.count("write", tag) == there.journal.count("destroy", tag) == 0
        await session.write(write(text(1)))
        await session.close()

    @bounded
    async def test_two_callers_may_use_the_same_id(self, there: Ground) -> None:
        alias, sids = there.tag(), set()
        for name in ("ann", "bob"):
            channel = await there.channel(name)
            await channel.open(there.request(), detached=True, alias=alias)
            mine = await channel.session(alias)
            await mine.write(write(text(len(name))))
            sids.add((await mine.read(10.0)).part("text").text)
            await mine.close()
        assert len(sids) == 1

    @bounded
    async def test_a_refused_write_leaves_it_as_it_was(self, there: Ground) -> None:
        session = await (await there.channel("ann")).open(there.request(), detached=True)
        await session.write(write(text(0, Stage.CONTINUE, 0)))
        await refused(session.write(write(text(5, Stage.CONTINUE, 5))), Fault.OUT_OF_ORDER)
        await session.write(write(text(1, Stage.CONTINUE, 1)))
        await session.write(write(text(1, Stage.CONTINUE, 1)))
        await session.write(write(text(2, Stage.END, 2)))
        await refused(session.write(write(text(3, Stage.CONTINUE, 3))), Fault.SESSION_CLOSED)
        got = [part.text for reply in await drained(session) for part in reply.parts if part.key == "text"]
        assert got == ["0", "1", "2"]
        await session.close()

    @bounded
    async def test_closing_destroys_it_once_and_it_is_gone(self, there: Ground) -> None:
        tag = there.tag()
        channel = await there.channel("ann")
        session = await channel.open(there.request(tag=tag), detached=True)
        await session.close()
        await session.close()
        await there.journal.seen("destroy", tag)
        assert there.journal.count("destroy", tag) == 1
        again = await channel.session(session.sid)
        await refused(again.write(write(text(0))), Fault.NOT_FOUND)

    @bounded
    async def test_it_outlives_the_deadline_of_the_call_that_opened_it(self, there: Ground) -> None:
        session = await (await there.channel("ann")).open(there.request(within=1.0), detached=True)
        await asyncio.sleep(1.3)
        await session.write(write(text(0, Stage.END)))
        assert (await drained(session))[-1].part("writes").text == "1"
        await session.close()

    @bounded
    async def test_the_channel_may_stop_and_it_lives_on(self, there: Ground) -> None:
        tag = there.tag()
        channel = await there.channel("ann")
        session = await channel.open(there.request(tag=tag), detached=True)
        await channel.stop()
        assert there.journal.count("destroy", tag) == 0
        again = await (await there.channel("ann")).session(session.sid)
        await again.write(write(text(0, Stage.END)))
        await drained(again)
        await again.close()
        await there.journal.seen("destroy", tag)
