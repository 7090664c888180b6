"""Rows about calls that are gathered: together and in order, each with its own outcome, and none run for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs

from athena.errors import Executed, Fault
from athena.models import BatchSettings, Part, Reply, ServiceSettings
from athena.testing.bounded import bounded, refused

from .rig import Kind, Rig, Rows, rig

__all__ = ["BatchRows"]

MOST = 4


class Held:
    """An executor whose only lane is taken until the gate is there: what is called meanwhile waits."""

    def __init__(self, there: Rig, gate: Path) -> None:
        self.there = there
        self._gate = gate

    async def hold(self) -> asyncio.Task[Reply]:
        """Take the lane."""
        tag = self.there.tag()
        call = self.call("first", tag=tag, wait_for=str(self._gate))
        await self.there.journal.seen("once", tag)
        return call

    def call(self, number: object, within: float = 15.0, **params: str) -> asyncio.Task[Reply]:
        """A call that says its number."""
        request = self.there.request(Part("n", str(number).encode()), within=within, **params)
        return asyncio.ensure_future(self.there.executor.once(request))

    async def release(self) -> None:
        """Everybody who was called waits by now; let the first one return."""
        await asyncio.sleep(0.02)
        self._gate.touch()


@asynccontextmanager
async def gathering(kind: Kind, folder: Path) -> AsyncIterator[Held]:
    """A started executor with one lane."""
    one = {"threads": 1, "workers": 1, "batch": BatchSettings(MOST, 5.0)}
    async with rig(attrs.evolve(kind, settings={**kind.settings, **one}), folder, "BatchProbe") as there:
        await there.executor.start()
        yield Held(there, folder / "gate")


async def sizes(calls: Sequence[asyncio.Task[Reply]]) -> list[tuple[str, str]]:
    """What each said, and how many were in its list."""
    replies = [await asyncio.wait_for(call, 15) for call in calls]
    return [(reply.part("n").text, reply.attributes["batch"]) for reply in replies]


class BatchRows(Rows):
    """``[services.x.batch]``, for executors that gather."""

    @bounded
    async def test_calls_that_wait_are_one_list_and_none_is_longer_than_it_may_be(
        self, kind: Kind, tmp_path: Path
    ) -> None:
        if kind.gathers:
            async with gathering(kind, tmp_path) as held:
                first = await held.hold()
                calls = [held.call(number) for number in range(MOST)]
                await held.release()
                expected = [(str(number), str(MOST)) for number in range(MOST)]
                assert await sizes([first, *calls]) == [("first", "1"), *expected]

    @bounded
    async def test_an_item_that_is_refused_fails_alone_and_a_list_that_goes_wrong_fails_for_each(
        self, kind: Kind, tmp_path: Path
    ) -> None:
        if kind.gathers:
            async with gathering(kind, tmp_path) as held:
                await held.hold()
                good, bad, also = held.call(1), held.call(2, fault="BAD_REQUEST"), held.call(3)
                wrong, beside = held.call(4, short="yes"), held.call(5, short="yes")
                await held.release()
                assert (await refused(bad, Fault.BAD_REQUEST)).executed is Executed.YES
                assert [number for number, _ in await sizes([good, also])] == ["1", "3"]
                # Four of the five are one list, whose first is good; the last one is a list that goes wrong.
                assert (await sizes([wrong]))[0] == ("4", "4")
                await refused(beside, Fault.USER_ERROR)
                assert await sizes([held.call(6)]) == [("6", "1")]

    @bounded
    async def test_what_nobody_waits_for_any_more_is_never_in_a_list(self, kind: Kind, tmp_path: Path) -> None:
        if kind.gathers:
            async with gathering(kind, tmp_path) as held:
                await held.hold()
                tag, late_tag = held.there.tag(), held.there.tag()
                good, gone, late = held.call(1), held.call(2, tag=tag), held.call(3, within=0.01, tag=late_tag)
                await asyncio.sleep(0.02)
                gone.cancel()
                await asyncio.wait({gone}, timeout=5)
                await held.release()
                assert await sizes([good]) == [("1", "1")]
                assert (await refused(late, Fault.DEADLINE)).executed is Executed.NO
                assert held.there.journal.count("once", tag) + held.there.journal.count("once", late_tag) == 0

    @bounded
    async def test_new_limits_hold_for_what_waits(self, kind: Kind, tmp_path: Path) -> None:
        if kind.gathers:
            async with gathering(kind, tmp_path) as held:
                await held.hold()
                calls = [held.call(number) for number in range(MOST * 2)]
                held.there.executor.settle(ServiceSettings("probe", batch=BatchSettings(MOST * 2, 5.0)))
                await held.release()
                assert {size for _, size in await sizes(calls)} == {str(MOST * 2)}
