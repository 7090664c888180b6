"""Rows about personalised resources: the same in every worker, and in those that come later."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from athena.errors import AthenaError, ServiceError
from athena.interfaces import Shelf
from athena.models import Part, Resource
from athena.testing.bounded import bounded, eventually

from .rig import Kind, Rig, Rows, rig

__all__ = ["ResourceRows"]

PROBE = "ResourceProbe"


def words(name: str, **attributes: str) -> Resource:
    """A small one."""
    return Resource(name, (Part.from_text("words", f"of {name}"),), attributes)


def shelf(there: Rig) -> Shelf:
    """Where its resources lie."""
    assert there.executor.shelf is not None, "an executor whose wrapper takes resources has a shelf once it is started"
    return there.executor.shelf


async def held(there: Rig, named: str = "") -> dict[str, Any]:  # Any: JSON
    """What one worker says that it has."""
    reply = await there.executor.once(there.request(do="held", res_id=named))
    told: dict[str, Any] = json.loads(reply.part("held").text)
    return told


async def everywhere(there: Rig) -> dict[int, list[str]]:
    """What each worker has, by pid; asked until nobody new answers."""
    found: dict[int, list[str]] = {}
    for _ in range(5):
        for told in await asyncio.gather(*(held(there) for _ in range(16))):
            found[told["pid"]] = told["held"]
    return found


class ResourceRows(Rows):
    """``shelf``."""

    @bounded
    async def test_only_a_wrapper_that_takes_resources_has_a_shelf(self, kind: Kind, tmp_path: Path) -> None:
        async with rig(kind, tmp_path) as there:
            await there.executor.start()
            assert there.executor.shelf is None
        async with rig(kind, tmp_path, PROBE) as there:
            assert there.executor.shelf is None
            await there.executor.start()
            assert (there.executor.shelf is not None) == self.resources
            await there.executor.stop()
            assert there.executor.shelf is None

    @bounded
    async def test_what_is_loaded_is_in_every_worker_until_it_is_unloaded(self, kind: Kind, tmp_path: Path) -> None:
        if not self.resources:
            return
        async with rig(kind.among(2), tmp_path, PROBE) as there:
            await there.executor.start()
            await shelf(there).load(words("a"))
            await shelf(there).load(words("b"))
            found = await everywhere(there)
            assert set(map(tuple, found.values())) == {("a", "b")}
            assert (await held(there, "b"))["named"] == [["b", {}, ["words"]]]
            await shelf(there).unload("a")
            assert set(map(tuple, (await everywhere(there)).values())) == {("b",)}

    @bounded
    async def test_what_is_refused_is_nowhere(self, kind: Kind, tmp_path: Path) -> None:
        if not self.resources:
            return
        async with rig(kind.among(2), tmp_path, PROBE) as there:
            await there.executor.start()
            pids = list(await everywhere(there))
            for do in ("refuse", "exception", f"refuse-in-{pids[0]}"):
                try:
                    await asyncio.wait_for(shelf(there).load(words("bad", do=do)), 15)
                except AthenaError as error:
                    if do.startswith("refuse"):
                        assert isinstance(error.__cause__, ServiceError), "the wrapper's own words come along"
                        assert error.__cause__.code == 4711
                else:
                    raise AssertionError(f"{do}: it was loaded all the same")
            assert set(map(tuple, (await everywhere(there)).values())) == {()}
            await shelf(there).load(words("good"))
            assert set(map(tuple, (await everywhere(there)).values())) == {("good",)}

    @bounded
    async def test_a_worker_that_takes_the_place_of_a_dead_one_has_them(self, kind: Kind, tmp_path: Path) -> None:
        if not self.resources or not kind.isolates:
            return
        async with rig(kind.among(2), tmp_path, PROBE) as there:
            await there.executor.start()
            await shelf(there).load(words("a"))
            before = set(await everywhere(there))
            for bad in ("kill", "os-exit"):
                try:
                    await there.executor.once(there.request(do="bad", bad=bad))
                except ServiceError:
                    await eventually(lambda: there.executor.health().reason == "", "all workers are up again")
            after = await everywhere(there)
            assert set(after) - before, "somebody new answers"
            assert set(map(tuple, after.values())) == {("a",)}

    @bounded
    async def test_a_resource_that_kills_whoever_loads_it_is_nobodys(self, kind: Kind, tmp_path: Path) -> None:
        if not self.resources or not kind.isolates:
            return
        async with rig(kind.among(2), tmp_path, PROBE) as there:
            await there.executor.start()
            await shelf(there).load(words("a"))
            try:
                await shelf(there).load(words("poison", do="kill"))
            except AthenaError:
                pass
            else:
                raise AssertionError("nobody is left that could have loaded it")
            await eventually(lambda: there.executor.health().reason == "", "all workers are up again", 20.0)
            assert set(map(tuple, (await everywhere(there)).values())) == {("a",)}
