"""Rows about sessions where their wrapper lives."""

from __future__ import annotations

import asyncio
from pathlib import Path

from athena.errors import Executed, Fault
from athena.interfaces import Session
from athena.models import END_MARK, Part, Reply, Request, Stage
from athena.testing.bounded import bounded, refused
from athena.testing.misbehave import DEADLY, RAISES, RETURNS, SECRET

from .rig import Kind, Rig, Rows, rig

__all__ = ["SessionRows"]


def write(rig: Rig, session: Session, *parts: Part) -> Request:
    """One write, as the service hands it over."""
    return Request("probe", session.sid, parts)


def piece(number: int, stage: Stage = Stage.CONTINUE) -> Part:
    """One numbered piece."""
    return Part.from_text("text", str(number), stage)


async def drained(session: Session) -> list[Reply]:
    """Every reply to END."""
    replies = [await asyncio.wait_for(session.read(), 10)]
    while replies[-1].stage is not Stage.END:
        replies.append(await asyncio.wait_for(session.read(), 10))
    return replies


class SessionRows(Rows):
    """Create, write, read, destroy: in order, never two at once, destroyed once."""

    @bounded
    async def test_writes_and_reads_interleave(self, kind: Kind, there: Rig, tmp_path: Path) -> None:
        async with rig(kind, tmp_path, "PushProbe") as pushing:
            await pushing.executor.start()
            for each in (there, pushing):
                session = await each.executor.open(each.request())
                for number in range(20):
                    await session.write(write(each, session, piece(number)))
                    assert (await asyncio.wait_for(session.read(), 10)).part("text").text == str(number)
                await session.write(write(each, session, END_MARK))
                assert (await drained(session))[-1].part("writes").text == "21"
                await refused(session.read(), Fault.SESSION_CLOSED)
                await session.close()

    @bounded
    async def test_it_is_destroyed_once_however_it_ends(self, there: Rig) -> None:
        for end in (True, False):
            tag = there.tag()
            session = await there.executor.open(there.request(tag=tag))
            await session.write(write(there, session, piece(0, Stage.END if end else Stage.CONTINUE)))
            if end:
                await drained(session)
            await session.close()
            await session.close(Fault.CANCELLED)
            await there.journal.seen("destroy", tag)
            await asyncio.sleep(0.05)
            assert there.journal.count("destroy", tag) == 1

    @bounded
    async def test_reading_with_a_bound_comes_back_without_parts(self, there: Rig) -> None:
        session = await there.executor.open(there.request())
        assert (await asyncio.wait_for(session.read(0.05), 5)).parts == ()
        await session.close()

    @bounded
    async def test_whatever_create_raises_refuses_the_session(self, there: Rig) -> None:
        for bad in (*RAISES, "none"):
            request = there.request(bad_in="create", bad=bad)
            error = await refused(there.executor.open(request), Fault.USER_ERROR)
            assert error.executed is Executed.YES, bad
            assert SECRET not in error.message, bad

    @bounded
    async def test_whatever_a_session_hook_raises_ends_it(self, there: Rig) -> None:
        for hook, bads in {"write": RAISES, "read": (*RAISES, *RETURNS)}.items():
            for bad in bads:
                tag = there.tag()
                session = await there.executor.open(there.request(bad_in=hook, bad=bad, tag=tag))
                await session.write(write(there, session, piece(0)))
                error = await refused(drained(session), Fault.USER_ERROR)
                assert error.executed is Executed.YES, (hook, bad)
                await refused(session.read(), Fault.SESSION_CLOSED)
                await session.close()
                await there.journal.seen("destroy", tag)

    @bounded
    async def test_whatever_destroy_raises_the_session_is_gone(self, there: Rig) -> None:
        for bad in RAISES:
            tag = there.tag()
            session = await there.executor.open(there.request(bad_in="destroy", bad=bad, tag=tag))
            await session.write(write(there, session, piece(0, Stage.END)))
            await drained(session)
            await session.close()
            await there.journal.seen("destroy", tag)
        assert (await there.executor.once(there.request(Part("a", b"1")))).part("a").tobytes() == b"1"

    @bounded
    async def test_emitting_waits_for_the_reader_and_ends_with_the_session(self, kind: Kind, tmp_path: Path) -> None:
        async with rig(kind, tmp_path, "PushProbe") as there:
            await there.executor.start()
            tag = there.tag()
            session = await there.executor.open(there.request(flood="100000", tag=tag))
            await there.journal.seen("emitted", tag)
            await asyncio.sleep(0.3)
            ahead = there.journal.count("emitted", tag)
            await asyncio.sleep(0.2)
            assert there.journal.count("emitted", tag) == ahead < 1000, "nobody reads: the outbox holds 64 replies"
            got = [(await asyncio.wait_for(session.read(), 10)).part("item").text for _ in range(200)]
            assert got == [str(number) for number in range(200)]
            await session.close()
            await there.journal.seen("flood cancelled", tag)

    @bounded
    async def test_a_session_that_ends_by_itself_wakes_whoever_still_emits(self, kind: Kind, tmp_path: Path) -> None:
        async with rig(kind, tmp_path, "PushProbe") as there:
            await there.executor.start()
            tag = there.tag()
            session = await there.executor.open(there.request(flood="100000", tag=tag))
            await there.journal.seen("emitted", tag)
            await session.write(write(there, session, END_MARK))
            assert (await drained(session))[-1].part("writes").text == "1"
            await there.journal.seen("flood cancelled", tag)
            await session.close()

    @bounded
    async def test_a_wrapper_without_sessions_is_unsupported(self, kind: Kind, tmp_path: Path) -> None:
        async with rig(kind, tmp_path, "StrictProbe") as there:
            await there.executor.start()
            await refused(there.executor.open(there.request()), Fault.UNSUPPORTED)

    @bounded
    async def test_a_death_ends_its_sessions_with_one_error_each(self, kind: Kind, there: Rig) -> None:
        if not kind.isolates:
            return
        for bad in DEADLY:
            sessions = [await there.executor.open(there.request()) for _ in range(3)]
            readers = [asyncio.ensure_future(session.read()) for session in sessions]
            await refused(there.executor.once(there.request(do="bad", bad=bad)), Fault.WORKER_LOST)
            for session, reader in zip(sessions, readers, strict=True):
                await refused(reader, Fault.WORKER_LOST)
                await refused(session.read(), Fault.SESSION_CLOSED)
                await session.close()
            await there.executor.once(there.request())
