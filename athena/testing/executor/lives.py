"""Rows about an executor's own life: start, health, drain, stop, and wrappers that do not come up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from athena.errors import AthenaError, Fault
from athena.models import Part
from athena.testing.bounded import bounded, eventually, refused
from athena.testing.misbehave import RAISES

from .rig import Kind, Rig, Rows, rig

__all__ = ["LifeRows"]


class LifeRows(Rows):
    """From the factory to the last ``stop``."""

    @bounded
    async def test_start_describes_the_wrapper(self, kind: Kind, tmp_path: Path) -> None:
        async with rig(kind, tmp_path) as there:
            assert not there.executor.health().ready
            description = await there.executor.start()
            assert description is not None
            assert {"once", "session", "read"} <= description.operations
            assert description.version == "1.0"
            assert await there.executor.describe("probe") == description
            assert there.executor.health().ready
            await eventually(lambda: there.changes > 0, "the executor told of its health")
            assert there.journal.count("init") >= 1
        assert there.journal.count("fini") == there.journal.count("init")
        assert not there.executor.health().ready

    @bounded
    async def test_what_is_not_started_is_unavailable(self, kind: Kind, tmp_path: Path) -> None:
        async with rig(kind, tmp_path) as there:
            await refused(there.executor.once(there.request(within=2.0)), Fault.UNAVAILABLE)

    @bounded
    async def test_a_wrapper_that_does_not_come_up_is_refused_with_the_hook_named(
        self, kind: Kind, tmp_path: Path
    ) -> None:
        for hook, said in {"constructor": "Probe", "describe": "athena_describe", "init": "athena_init"}.items():
            for bad in RAISES:
                async with rig(kind, tmp_path, fail_in=hook, fail_with=bad) as there:
                    with pytest.raises(AthenaError) as caught:
                        await asyncio.wait_for(there.executor.start(), 15)
                    assert said in str(caught.value), f"{bad} in {hook}: {caught.value}"
                    assert not there.executor.health().ready

    @bounded
    async def test_a_wrapper_that_dies_while_it_comes_up_is_refused(self, kind: Kind, tmp_path: Path) -> None:
        if not kind.isolates:
            return
        async with rig(kind, tmp_path, fail_in="init", fail_with="os-exit") as there:
            with pytest.raises(AthenaError) as caught:
                await asyncio.wait_for(there.executor.start(), 25)
            assert "probe" in str(caught.value)

    @bounded
    async def test_a_wrapper_that_cannot_be_imported_is_refused(self, kind: Kind, tmp_path: Path) -> None:
        async with rig(kind, tmp_path, "NoSuchProbe") as there:
            with pytest.raises(AthenaError, match="NoSuchProbe"):
                await asyncio.wait_for(there.executor.start(), 15)

    @bounded
    async def test_a_table_that_does_not_fit_is_refused_with_its_key(self, kind: Kind, tmp_path: Path) -> None:
        async with rig(kind, tmp_path, jurnal="x") as there:
            with pytest.raises(AthenaError, match="jurnal"):
                await asyncio.wait_for(there.executor.start(), 15)

    @bounded
    async def test_drain_returns_when_nothing_executes(self, kind: Kind, tmp_path: Path) -> None:
        async with rig(kind, tmp_path) as there:
            await there.executor.start()
            await asyncio.wait_for(there.executor.drain(), 5)
            tag = there.tag()
            call = asyncio.ensure_future(
                there.executor.once(there.request(Part("a"), do="sleep", seconds="0.5", tag=tag))
            )
            await there.journal.seen("once", tag)
            await asyncio.wait_for(there.executor.drain(), 10)
            assert there.journal.count("slept", tag) == 1
            await call

    @bounded
    async def test_stop_ends_what_runs_and_may_be_called_twice(self, kind: Kind, tmp_path: Path) -> None:
        async with rig(kind, tmp_path) as there:
            await there.executor.start()
            session = await there.executor.open(there.request(tag="held"))
            reader = asyncio.ensure_future(session.read())
            await asyncio.sleep(0)
            await there.executor.stop()
            await refused(reader)
            assert there.journal.count("destroy", "held") == 1
            await there.executor.stop()
            await refused(there.executor.once(there.request()), Fault.UNAVAILABLE)

    @bounded
    async def test_a_failing_end_is_logged_and_the_stop_goes_on(self, kind: Kind, there: Rig, tmp_path: Path) -> None:
        for bad in RAISES:
            async with rig(kind, tmp_path, fail_in="fini", fail_with=bad) as failing:
                await failing.executor.start()
                await asyncio.wait_for(failing.executor.stop(), 15)
