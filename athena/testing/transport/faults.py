"""Rows about what goes wrong: one meaning of every fault on every wire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import cycle

from athena.errors import Executed, Fault, ServiceError
from athena.interfaces import Channel
from athena.models import END_MARK, Part, Request, Stage
from athena.testing.bounded import bounded, refused
from athena.testing.misbehave import SECRET
from athena.testing.stand_in import SERVICE

from .ground import Case, Ground, alone, write
from .rows import Rows

__all__ = ["FaultRows", "UserErrorRows"]

Call = Callable[[Channel], Awaitable[object]]


def errors() -> list[ServiceError]:
    """One error per fault, with every fact a wire carries."""
    ways = cycle(Executed)
    return [
        ServiceError(
            fault,
            f'why {fault.name.lower()}: grüße, 100 % "it"',
            executed=next(ways),
            code=20000 + number,
            retry_after=3.0 if number % 2 else None,
            error_id=f"e{number}d",
        )
        for number, fault in enumerate(Fault)
    ]


def facts(error: ServiceError) -> tuple[object, ...]:
    """What must be the same at both ends."""
    return (error.fault, error.message, error.executed, error.code, error.retry_after, error.error_id)


async def once(channel: Channel) -> object:
    """A single call."""
    return await channel.once(Request(SERVICE, parts=(Part("a", b"1"),)))


async def stream(channel: Channel) -> object:
    """A streamed call, read to its end."""
    return [reply async for reply in channel.stream(Request(SERVICE))]


async def attached(channel: Channel) -> object:
    """An attached session, written to, and read to its end."""
    session = await channel.open(Request(SERVICE))
    try:
        await session.write(write(END_MARK))
        return await session.read()
    finally:
        await session.close()


async def detached(channel: Channel) -> object:
    """A detached session, written to, and read to its end."""
    session = await channel.open(Request(SERVICE), detached=True)
    await session.write(write(END_MARK))
    return await session.read(5.0)


class FaultRows(Rows):
    """Every fault, raised by a dispatcher that stands in for the kernel's."""

    async def every(self, case: Case, call: Call, where: str) -> None:
        """Raise each fault and compare both ends; all that differ are told at once."""
        wrong: list[str] = []
        async with alone(case) as (dispatcher, channel):
            for error in errors():
                dispatcher.error, dispatcher.where = error, where
                got = await refused(call(channel))
                if facts(got) != facts(error):
                    wrong.append(f"sent {facts(error)}, got {facts(got)}")
            dispatcher.error = None
            await asyncio.wait_for(asyncio.ensure_future(call(channel)), 10)
        assert not wrong, "\n".join(wrong)

    @bounded
    async def test_every_fault_of_a_single_call_arrives_with_its_facts(self, case: Case) -> None:
        await self.every(case, once, "call")

    @bounded
    async def test_every_fault_of_a_stream_arrives_with_its_facts(self, case: Case) -> None:
        await self.every(case, stream, "call")

    @bounded
    async def test_every_fault_after_a_first_item_arrives_with_its_facts(self, case: Case) -> None:
        await self.every(case, stream, "later")

    @bounded
    async def test_every_fault_that_refuses_a_session_arrives_with_its_facts(self, case: Case) -> None:
        await self.every(case, attached, "call")

    @bounded
    async def test_every_fault_that_ends_a_session_arrives_with_its_facts(self, case: Case) -> None:
        await self.every(case, attached, "later")

    @bounded
    async def test_every_fault_of_a_detached_session_arrives_with_its_facts(self, case: Case) -> None:
        await self.every(case, detached, "call")
        await self.every(case, detached, "later")

    @bounded
    async def test_a_bug_of_ours_is_internal_and_tells_nothing(self, case: Case) -> None:
        async with alone(case) as (dispatcher, channel):
            dispatcher.error = RuntimeError(f"{SECRET} in /etc/secret.py")
            for call in (once, stream, attached, detached):
                error = await refused(call(channel), Fault.INTERNAL)
                assert SECRET not in error.message, call.__name__
                assert "/etc/" not in error.message, call.__name__
                assert error.error_id, "the sentence carries the id of its line in the log"


class UserErrorRows(Rows):
    """What wrappers and their callers do wrong, through the kernel."""

    @bounded
    async def test_an_unknown_service_is_not_found(self, there: Ground) -> None:
        channel = await there.shared()
        request = there.request(service="no-such-service")

        async def session() -> None:
            opened = await channel.open(request)
            await opened.read()

        async def items() -> None:
            async for _ in channel.stream(request):
                pass

        calls: tuple[Callable[[], Awaitable[object]], ...] = (
            lambda: channel.once(request),
            items,
            session,
            lambda: channel.describe("no-such-service"),
        )
        for call in calls:
            error = await refused(call(), Fault.NOT_FOUND)
            assert error.executed is Executed.NO

    @bounded
    async def test_an_exception_of_the_wrapper_is_a_sentence_and_an_id(self, there: Ground) -> None:
        channel = await there.shared()
        error = await refused(channel.once(there.request(do="bad", bad="exception")), Fault.USER_ERROR)
        assert error.executed is Executed.YES
        assert error.error_id
        assert SECRET not in error.message
        assert "probe.py" not in error.message
        assert "Traceback" not in error.message

    @bounded
    async def test_the_wrappers_own_code_is_kept(self, there: Ground) -> None:
        request = there.request(do="refuse", code="4711", message="no face in the picture")
        error = await refused((await there.shared()).once(request), Fault.USER_ERROR)
        assert (error.code, error.message) == (4711, "no face in the picture")

    @bounded
    async def test_an_iterator_that_fails_delivers_what_it_had(self, there: Ground) -> None:
        got: list[str] = []

        async def items() -> None:
            async for reply in (await there.shared()).stream(there.request(do="bad", bad="exception", good="2")):
                got.extend(part.text for part in reply.parts)

        await refused(items(), Fault.USER_ERROR)
        assert got == ["0", "1"]

    @bounded
    async def test_a_request_against_the_description_is_a_bad_request(self, there: Ground) -> None:
        channel = await there.shared()
        good = there.request(Part.from_text("text", "hi"), service="strict", top="3")
        assert (await channel.once(good)).part("text").text == "hi"
        tag = there.tag()
        bad = (
            there.request(service="strict", tag=tag),
            there.request(Part.from_text("text", "hi"), service="strict", top="11", tag=tag),
            there.request(Part.from_text("text", "hi"), service="strict", top="many", tag=tag),
            there.request(Part.from_text("text", "hi"), service="strict", mode="slow", tag=tag),
        )
        for request in bad:
            error = await refused(channel.once(request), Fault.BAD_REQUEST)
            assert error.executed is Executed.NO, f"{request}"
        assert there.journal.count("once", tag) == 0

    @bounded
    async def test_a_session_that_ends_in_a_fault_ends_for_good(self, there: Ground) -> None:
        channel = await there.shared()
        for hook in ("write", "read"):
            session = await channel.open(there.request(bad="exception", bad_in=hook))
            await session.write(write(Part.from_text("text", "1", Stage.CONTINUE)))
            error = await refused(session.read(), Fault.USER_ERROR)
            assert SECRET not in error.message
            await refused(session.write(write(END_MARK)), Fault.SESSION_CLOSED)
            await session.close()
