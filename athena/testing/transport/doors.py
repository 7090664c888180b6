"""Rows about who may come in: every door asks, and asks once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from athena.errors import Executed, Fault
from athena.models import Attempt, Request, Stage
from athena.testing.bounded import bounded, refused
from athena.testing.witness import CALL

from .ground import Ground, write
from .rows import Rows
from .sessions import drained, text

__all__ = ["DoorRows"]


class DoorRows(Rows):
    """``authenticate``: exactly once for every call."""

    def only(self, there: Ground, tag: str) -> Attempt:
        """The one attempt of that call."""
        attempts = there.witness.saw(tag)
        assert len(attempts) == 1, f"asked {len(attempts)} times: {attempts}"
        return attempts[0]

    @bounded
    async def test_a_single_call_is_authenticated_once(self, there: Ground) -> None:
        tag = there.tag()
        await (await there.shared()).once(there.request(tag=tag))
        attempt = self.only(there, tag)
        assert (attempt.transport, attempt.operation) == (there.case.transport, "once")
        assert attempt.service in ("probe", ""), "a service that stands in the body is not known yet"
        assert attempt.peer, "a transport says who is at the other end"

    @bounded
    async def test_a_stream_is_authenticated_once(self, there: Ground) -> None:
        tag = there.tag()
        items = [reply async for reply in (await there.shared()).stream(there.request(do="count", tag=tag))]
        assert len(items) >= 3
        attempt = self.only(there, tag)
        assert attempt.transport == there.case.transport

    @bounded
    async def test_an_attached_session_is_authenticated_once(self, there: Ground) -> None:
        tag = there.tag()
        session = await (await there.shared()).open(there.request(tag=tag))
        for number in range(3):
            await session.write(write(text(number)))
        await session.write(write(text(3, Stage.END)))
        await drained(session)
        await session.close()
        assert len(there.witness.saw(tag)) == 1

    @bounded
    async def test_every_operation_on_a_detached_session_is_authenticated_once(self, there: Ground) -> None:
        tag = there.tag()
        channel = await there.channel("ann", **{CALL: tag})
        session = await channel.open(Request("probe"), detached=True)
        saw = [len(there.witness.saw(tag))]
        for step in (session.write(write(text(0))), session.read(10.0), session.close()):
            await step
            saw.append(len(there.witness.saw(tag)))
        assert saw == [1, 2, 3, 4]

    @bounded
    async def test_asking_for_a_description_is_authenticated_once(self, there: Ground) -> None:
        tag = there.tag()
        channel = await there.channel("ann", **{CALL: tag})
        description = await channel.describe("strict")
        assert len(there.witness.saw(tag)) == 1
        assert [field.key for field in description.inputs] == ["text", "picture"]
        assert [param.key for param in description.params] == ["top", "mode"]
        assert "once" in description.operations

    @bounded
    async def test_who_is_refused_reaches_no_wrapper(self, there: Ground) -> None:
        tag = there.tag()
        channel = await there.channel("nobody")
        request = there.request(tag=tag)

        async def items() -> None:
            async for _ in channel.stream(request):
                pass

        async def attached() -> None:
            session = await channel.open(request)
            await session.read()

        stranger = await channel.session("any")
        calls: tuple[Callable[[], Awaitable[object]], ...] = (
            lambda: channel.once(request),
            items,
            attached,
            lambda: channel.open(request, detached=True),
            lambda: channel.describe("probe"),
            lambda: stranger.write(write(text(0))),
            lambda: stranger.read(0.0),
        )
        for call in calls:
            error = await refused(call(), Fault.UNAUTHENTICATED)
            assert error.executed is Executed.NO
        await asyncio.sleep(0)
        assert there.journal.count("once", tag) == there.journal.count("create", tag) == 0

    @bounded
    async def test_the_principal_of_one_call_is_not_that_of_the_next(self, there: Ground) -> None:
        seen = []
        for name in ("ann", "bob", "ann"):
            reply = await (await there.channel(name)).once(there.request(do="see"))
            seen.append(json.loads(reply.part("seen").text)["principal"])
        assert seen == ["ann", "bob", "ann"]
