"""Rows about attached sessions: their scope is a stream, and its end destroys them."""

from __future__ import annotations

import asyncio
import sys

from athena.errors import Fault, ServiceError
from athena.interfaces import Session
from athena.models import END_MARK, Part, Reply, Stage
from athena.testing.bounded import bounded, eventually, refused
from athena.testing.declared import needs

from .ground import Ground, write
from .rows import Rows

__all__ = ["GoneRows", "SessionRows", "drained", "text"]


def text(number: int, stage: Stage = Stage.CONTINUE, seq: int | None = None) -> Part:
    """One numbered piece of a stream."""
    made = Part.from_text("text", str(number), stage)
    return Part(made.key, made.data, made.kind, stage, seq)


async def drained(session: Session) -> list[Reply]:
    """Every reply up to and with END."""
    replies = [await asyncio.wait_for(session.read(), 10)]
    while replies[-1].stage is not Stage.END:
        replies.append(await asyncio.wait_for(session.read(), 10))
    return replies


class SessionRows(Rows):
    """What a session does while all is well, for wrappers that are asked (probe) and that emit (push)."""

    @bounded
    async def test_fifty_writes_interleaved_with_reads(self, there: Ground) -> None:
        channel = await there.shared()
        for service in ("probe", "push"):
            session = await channel.open(there.request(service=service))
            try:
                for number in range(50):
                    await session.write(write(text(number, Stage.CONTINUE if number else Stage.BEGIN, number)))
                    reply = await asyncio.wait_for(session.read(), 10)
                    assert [part.text for part in reply.parts] == [str(number)], service
                    assert reply.stage is not Stage.END, service
                await session.write(write(text(50, Stage.END, 50)))
                last = await drained(session)
            finally:
                await session.close()
            assert last[-1].part("writes").text == "51", service

    @bounded
    async def test_writes_ahead_of_reads_are_answered_in_order(self, there: Ground) -> None:
        session = await (await there.shared()).open(there.request(service="push"))
        for number in range(20):
            await session.write(write(text(number)))
        await session.write(write(text(20, Stage.END)))
        replies = await drained(session)
        await session.close()
        got = [part.text for reply in replies for part in reply.parts if part.key == "text"]
        assert got == [str(number) for number in range(21)]

    @bounded
    async def test_half_closing_without_data_ends_the_session(self, there: Ground) -> None:
        for service in ("probe", "push"):
            session = await (await there.shared()).open(there.request(service=service))
            await session.write(write(text(0)))
            await session.write(write(END_MARK))
            replies = await drained(session)
            await session.close()
            assert [part.text for part in replies[0].parts] == ["0"], service
            assert replies[-1].part("writes").text == "2", service

    @bounded
    async def test_the_terminal_reply_comes_once(self, there: Ground) -> None:
        session = await (await there.shared()).open(there.request())
        await session.write(write(text(0, Stage.END)))
        await drained(session)
        await refused(session.read(), Fault.SESSION_CLOSED)
        await session.close()
        await session.close()

    @bounded
    async def test_a_write_after_the_end_is_refused_and_never_runs(self, there: Ground) -> None:
        tag = there.tag()
        session = await (await there.shared()).open(there.request(tag=tag))
        await session.write(write(text(0)))
        await asyncio.wait_for(session.read(), 10)
        await session.write(write(END_MARK))

        async def too_late() -> None:
            await session.write(write(text(1)))
            await drained(session)
            await session.read()

        await refused(too_late(), Fault.SESSION_CLOSED)
        await session.close()
        await there.journal.seen("destroy", tag)
        assert there.journal.count("write", tag) <= 2, "the write that was refused did not run"

    @bounded
    async def test_reading_with_a_bound_comes_back_without_parts(self, there: Ground) -> None:
        session = await (await there.shared()).open(there.request())
        reply = await asyncio.wait_for(session.read(0.05), 10)
        assert (reply.parts, reply.stage is Stage.END) == ((), False)
        await session.write(write(text(0, Stage.END)))
        await drained(session)
        await session.close()

    @bounded
    async def test_a_duplicate_write_is_acknowledged_and_not_run(self, there: Ground) -> None:
        tag = there.tag()
        session = await (await there.shared()).open(there.request(tag=tag))
        for seq in (0, 1, 1, 0, 2):
            await session.write(write(text(seq, Stage.CONTINUE, seq)))
        await session.write(write(text(3, Stage.END, 3)))
        replies = await drained(session)
        await session.close()
        assert [part.text for reply in replies for part in reply.parts if part.key == "text"] == ["0", "1", "2", "3"]
        assert there.journal.count("write", tag) == 4

    @bounded
    async def test_a_gap_between_writes_ends_an_attached_session(self, there: Ground) -> None:
        session = await (await there.shared()).open(there.request())
        await session.write(write(text(0, Stage.CONTINUE, 0)))
        await asyncio.wait_for(session.read(), 10)

        async def gap() -> None:
            await session.write(write(text(5, Stage.CONTINUE, 5)))
            await drained(session)

        await refused(gap(), Fault.OUT_OF_ORDER)
        await session.close()

    @bounded
    async def test_a_wrapper_may_emit_by_itself_and_waits_for_a_slow_reader(self, there: Ground) -> None:
        session = await (await there.shared()).open(there.request(service="push", flood="400"))
        await asyncio.sleep(0.1)
        got = [part.text for reply in await drained(session) for part in reply.parts]
        await session.close()
        assert got == [str(number) for number in range(400)]

    @bounded
    async def test_what_a_session_hook_raises_comes_out_of_read_once(self, there: Ground) -> None:
        tag = there.tag()
        session = await (await there.shared()).open(there.request(tag=tag, refuse_in="write", code="4711"))
        await session.write(write(text(0)))
        error = await refused(drained(session), Fault.USER_ERROR)
        assert (error.code, error.executed.value) == (4711, "yes")
        await refused(session.read(), Fault.SESSION_CLOSED)
        await session.close()
        await there.journal.seen("destroy", tag)

    @bounded
    async def test_writes_that_cross_the_sessions_own_end_do_not_hide_why_it_ended(self, there: Ground) -> None:
        for _ in range(5):
            session = await (await there.shared()).open(there.request(refuse_in="write", code="4711"))
            for number in range(20):
                try:
                    await session.write(write(text(number)))
                except ServiceError as late:
                    assert late.fault is Fault.SESSION_CLOSED
                    break
            error = await refused(drained(session), Fault.USER_ERROR)
            assert error.code == 4711
            await session.close()

    @bounded
    async def test_a_wrapper_without_sessions_says_so(self, there: Ground) -> None:
        async def attempt() -> None:
            session = await (await there.shared()).open(there.request(service="strict"))
            await session.read()

        await refused(attempt(), Fault.UNSUPPORTED)


class GoneRows(Rows):
    """What happens when the client is no longer there."""

    async def destroyed(self, there: Ground, tag: str) -> None:
        """Exactly once: also a little later."""
        await there.journal.seen("destroy", tag)
        await asyncio.sleep(0.1)
        assert there.journal.count("create", tag) == 1
        assert there.journal.count("destroy", tag) == 1

    @bounded
    async def test_closing_tells_whoever_reads(self, there: Ground) -> None:
        session = await (await there.shared()).open(there.request())
        reader = asyncio.ensure_future(session.read())
        await asyncio.sleep(0.05)
        await session.close()
        await refused(reader, Fault.SESSION_CLOSED, Fault.CANCELLED)

    @bounded
    async def test_closing_destroys_exactly_once(self, there: Ground) -> None:
        for service in ("probe", "push"):
            tag = there.tag()
            session = await (await there.shared()).open(there.request(service=service, tag=tag))
            await session.write(write(text(0)))
            await session.close()
            await session.close()
            await self.destroyed(there, tag)

    @bounded
    async def test_ending_well_destroys_exactly_once(self, there: Ground) -> None:
        tag = there.tag()
        session = await (await there.shared()).open(there.request(tag=tag))
        await session.write(write(text(0, Stage.END)))
        await drained(session)
        await session.close()
        await self.destroyed(there, tag)

    @bounded
    async def test_a_channel_that_stops_takes_its_sessions_along(self, there: Ground) -> None:
        channel = await there.channel()
        tags = [there.tag(), there.tag()]
        for tag in tags:
            session = await channel.open(there.request(tag=tag))
            await session.write(write(text(0)))
            await asyncio.wait_for(session.read(), 10)
        await channel.stop()
        for tag in tags:
            await self.destroyed(there, tag)

    @bounded
    async def test_a_client_that_goes_stops_what_its_wrapper_emits(self, there: Ground) -> None:
        tag = there.tag()
        channel = await there.channel()
        session = await channel.open(there.request(service="push", tag=tag, flood="1000000"))
        await asyncio.wait_for(session.read(), 10)
        await channel.stop()
        await self.destroyed(there, tag)
        await there.journal.seen("flood cancelled", tag)

    @needs("wire")
    @bounded
    async def test_a_client_that_is_killed_destroys_exactly_once(self, there: Ground) -> None:
        tag = there.tag()
        caller = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "athena.testing.caller", there.url, "probe", tag, stdout=asyncio.subprocess.PIPE
        )
        assert caller.stdout is not None
        try:
            assert (await asyncio.wait_for(caller.stdout.readline(), 15)).strip() == b"open"
        finally:
            caller.kill()
            await caller.wait()
        await self.destroyed(there, tag)

    @bounded
    async def test_nothing_is_left_behind(self, there: Ground) -> None:
        channel = await there.shared()
        sessions = [await channel.open(there.request()) for _ in range(8)]
        for session in sessions:
            await session.close()
        await eventually(
            lambda: there.journal.count("create") == there.journal.count("destroy"),
            "every session created was destroyed",
        )
        await eventually(lambda: there.metric("athena_sessions") == 0, "no session stands in the table")
