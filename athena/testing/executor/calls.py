"""Rows about calls: the only crossing from the loop to where the wrapper is."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

from athena.errors import Executed, Fault
from athena.models import Part
from athena.testing.bounded import bounded, refused
from athena.testing.misbehave import DEADLY, RAISES, RETURNS, SECRET

from .rig import LIMIT, THREADS, Kind, Rig, Rows, rig

__all__ = ["CallRows", "DeathRows"]


class CallRows(Rows):
    """Once, stream, and what a wrapper may do in them."""

    @bounded
    async def test_a_call_returns_what_the_wrapper_returned(self, there: Rig) -> None:
        part = Part("ключ", b"\x00\xff" * 700_000, attributes={"format": "ünï"})
        reply = await there.executor.once(there.request(part, reply_model="v3"))
        assert reply.parts[0].key == "ключ"
        assert reply.parts[0].tobytes() == part.data
        assert dict(reply.parts[0].attributes) == {"format": "ünï"}
        assert reply.attributes["model"] == "v3"

    @bounded
    async def test_the_wrapper_sees_the_request(self, there: Rig) -> None:
        request = there.request(do="see", word="grüße")
        seen = json.loads((await there.executor.once(request)).part("seen").text)
        assert (seen["service"], seen["sid"], seen["params"]["word"]) == ("probe", request.sid, "grüße")
        assert 5 < seen["remaining"] <= 15
        assert (seen["pid"] != os.getpid()) == there_isolates(self)

    @bounded
    async def test_so_many_run_at_once_as_there_are_threads(self, there: Rig) -> None:
        tag = there.tag()
        calls = [there.executor.once(there.request(do="meet", n=str(THREADS), tag=tag)) for _ in range(THREADS)]
        assert {reply.part("running").text for reply in await asyncio.gather(*calls)} == {str(THREADS)}

    @bounded
    async def test_many_calls_are_not_mixed_up(self, there: Rig) -> None:
        async def one(number: int) -> bool:
            reply = await there.executor.once(there.request(Part("n", str(number).encode())))
            return reply.part("n").text == str(number)

        assert all(await asyncio.gather(*(one(number) for number in range(100))))

    @bounded
    async def test_an_iterator_is_delivered_item_by_item(self, there: Rig, tmp_path: Path) -> None:
        gate = tmp_path / "gate"
        replies = there.executor.stream(there.request(do="count", n="3", wait_for=str(gate)))
        first = await replies.__anext__()
        gate.touch()
        rest = [reply async for reply in replies]
        assert [reply.part("item").text for reply in (first, *rest)] == ["0", "1", "2"]

    @bounded
    async def test_a_reader_who_stops_closes_the_iterator(self, there: Rig) -> None:
        tag = there.tag()
        replies = there.executor.stream(there.request(do="count", n="100000", tag=tag))
        await replies.__anext__()
        await replies.aclose()
        await there.journal.seen("iterator closed", tag)

    @bounded
    async def test_a_caller_who_leaves_is_heard_by_the_wrapper(self, there: Rig) -> None:
        tag = there.tag()
        call = asyncio.ensure_future(there.executor.once(there.request(do="poll", seconds="20", tag=tag)))
        await there.journal.seen("once", tag)
        call.cancel()
        await asyncio.wait({call}, timeout=5)
        assert call.cancelled()
        await there.journal.seen("cancelled", tag)

    @bounded
    async def test_whatever_a_hook_raises_or_returns_is_a_typed_error(self, there: Rig) -> None:
        for bad in (*RAISES, *RETURNS):
            error = await refused(there.executor.once(there.request(do="bad", bad=bad)), Fault.USER_ERROR)
            assert error.executed is Executed.YES, bad
            assert SECRET not in error.message, bad
        assert (await there.executor.once(there.request(Part("a", b"1")))).part("a").tobytes() == b"1"

    @bounded
    async def test_whatever_an_iterator_raises_or_yields_is_a_typed_error(self, there: Rig) -> None:
        for bad in (*RAISES, *RETURNS):
            got: list[str] = []

            async def items(bad: str, got: list[str]) -> None:
                async for reply in there.executor.stream(there.request(do="bad", bad=bad, good="2")):
                    got.append(reply.part("item").text)

            error = await refused(items(bad, got), Fault.USER_ERROR)
            assert (error.executed, got) == (Executed.YES, ["0", "1"]), bad

    @bounded
    async def test_a_reply_above_the_limit_is_too_large(self, there: Rig) -> None:
        request = there.request(do="large", size=str(LIMIT + 1))
        assert (await refused(there.executor.once(request), Fault.TOO_LARGE)).executed is Executed.YES

    @bounded
    async def test_a_batching_wrapper_answers_each_or_fails_for_all(self, kind: Kind, tmp_path: Path) -> None:
        async with rig(kind, tmp_path, "BatchProbe") as there:
            await there.executor.start()
            reply = await there.executor.once(there.request(Part("a", b"1")))
            assert reply.part("a").tobytes() == b"1"
            await refused(there.executor.once(there.request(fault="BAD_REQUEST")), Fault.BAD_REQUEST)
            await refused(there.executor.once(there.request(short="yes")), Fault.USER_ERROR)
            for bad in (*RAISES, *RETURNS):
                await refused(there.executor.once(there.request(bad=bad)), Fault.USER_ERROR)


class DeathRows(Rows):
    """A wrapper that takes its process down; for executors that isolate."""

    @bounded
    async def test_a_death_is_worker_lost_and_the_next_call_is_served(self, kind: Kind, there: Rig) -> None:
        if not kind.isolates:
            return
        for bad in DEADLY:
            error = await refused(there.executor.once(there.request(do="bad", bad=bad)), Fault.WORKER_LOST)
            assert error.executed is Executed.UNKNOWN, bad
            reply = await there.executor.once(there.request(Part("a", b"1")))
            assert reply.part("a").tobytes() == b"1"


def there_isolates(rows: Rows) -> bool:
    """Whether the wrapper lives in another process."""
    return rows.isolates
