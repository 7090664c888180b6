"""A service's resources: bounded, counted while they are used, all or nothing over its executors."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from athena.errors import Executed, Fault, PluginBroken, ServiceError
from athena.interfaces import Shelf
from athena.models import Part, Request, Resource, ServiceSettings
from athena.service import Resources
from athena.testing.bounded import eventually, refused

A = Resource("a", (Part("x", b"12345"),))
B = Resource("b", (Part("x", b"12345"),))


class Books(Shelf):
    """Takes what it is given, or fails."""

    def __init__(self) -> None:
        self.held: list[str] = []
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self, resource: Resource) -> None:
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        self.held.append(resource.id)

    async def unload(self, resource_id: str) -> None:
        self.held.remove(resource_id)


class Run:
    """What is looked at of an executor."""

    def __init__(self) -> None:
        self.books = Books()
        self.shelf: Shelf | None = self.books


async def some(*runs: Run, **bounds: int) -> Resources:
    resources = Resources(ServiceSettings("asr", **bounds))
    for run in runs:
        await resources.join(run)  # type: ignore[arg-type]
    return resources


def naming(**params: str) -> Request:
    return Request("asr", params=params)


async def test_what_is_loaded_is_on_every_shelf_and_found() -> None:
    one, two = Run(), Run()
    resources = await some(one, two)
    await resources.load(A)
    assert one.books.held == two.books.held == ["a"]
    (view,) = resources.views()
    assert (view.id, view.size, view.users, resources.size()) == ("a", 5, 0, 5)
    await resources.unload("a")
    assert one.books.held == two.books.held == []
    assert resources.views() == ()


async def test_an_executor_that_comes_later_has_what_is_there_and_one_that_has_stopped_is_left_out() -> None:
    one, two = Run(), Run()
    resources = await some(one)
    await resources.load(A)
    await resources.join(two)  # type: ignore[arg-type]
    assert two.books.held == ["a"]
    one.shelf = None
    await resources.load(B)
    assert (one.books.held, two.books.held) == (["a"], ["a", "b"])
    none = Run()
    none.shelf = None
    await resources.join(none)  # type: ignore[arg-type]


async def test_what_one_refuses_is_taken_back_from_the_others() -> None:
    one, two = Run(), Run()
    resources = await some(one, two)
    two.books.failure = PluginBroken("wrappers.x: athena_resource_load raised ValueError: /secret", plugin="wrappers.x")
    error = await refused(resources.load(A), Fault.USER_ERROR)
    assert error.executed is Executed.YES
    assert "/secret" not in error.message
    assert error.error_id in error.message
    assert one.books.held == []
    assert resources.views() == ()
    two.books.failure = None
    await resources.load(A)


async def test_an_executor_that_stops_meanwhile_is_no_reason_to_refuse() -> None:
    one, two = Run(), Run()
    resources = await some(one, two)
    two.books.gate.clear()
    two.books.failure = ServiceError(Fault.WORKER_LOST, "it was stopped")
    loading = asyncio.ensure_future(resources.load(A))
    await eventually(lambda: one.books.held == ["a"], "the first one has it")
    two.shelf = None
    two.books.gate.set()
    await loading
    assert [view.id for view in resources.views()] == ["a"]


async def test_the_wrappers_own_words_are_the_callers() -> None:
    run = Run()
    resources = await some(run)
    run.books.failure = PluginBroken("it refused", plugin="wrappers.x")
    run.books.failure.__cause__ = ServiceError(Fault.BAD_REQUEST, "not a model", code=7)
    assert (await refused(resources.load(A), Fault.BAD_REQUEST)).code == 7
    run.books.failure = PluginBroken("a hook ran on for 5 s; nothing was changed")
    assert (await refused(resources.load(A), Fault.UNAVAILABLE)).retry_after


async def test_a_caller_who_leaves_takes_it_back() -> None:
    one, two = Run(), Run()
    resources = await some(one, two)
    two.books.gate.clear()
    loading = asyncio.ensure_future(resources.load(A))
    await eventually(lambda: one.books.held == ["a"], "the first one has it")
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading
    assert one.books.held == []
    assert resources.views() == ()


async def test_the_same_again_changes_nothing_and_another_content_is_refused() -> None:
    run = Run()
    resources = await some(run)
    await resources.load(A)
    await resources.load(attrs.evolve(A))
    assert run.books.held == ["a"]
    await refused(resources.load(Resource("a", (Part("x", b"other"),))), Fault.BAD_REQUEST)


@pytest.mark.parametrize("name", ["", ".", "..", "a;b", "a/b", "a b", "ä", "x" * 129, "a\n"])
async def test_an_id_that_could_not_be_named_is_refused(name: str) -> None:
    await refused((await some(Run())).load(attrs.evolve(A, id=name)), Fault.BAD_REQUEST)


async def test_number_and_bytes_are_bounded_and_both_are_live() -> None:
    resources = await some(Run(), max_resources=1, max_resource_bytes=9)
    await refused(resources.load(Resource("c", (Part("x", bytes(10)),))), Fault.TOO_LARGE)
    await resources.load(A)
    assert "max_resources" in (await refused(resources.load(B), Fault.OVERLOADED)).message
    resources.settings = ServiceSettings("asr", max_resources=2, max_resource_bytes=9)
    assert "max_resource_bytes" in (await refused(resources.load(B), Fault.TOO_LARGE)).message
    resources.settings = ServiceSettings("asr", max_resources=2, max_resource_bytes=10)
    await resources.load(B)


async def test_few_wait_to_be_loaded() -> None:
    run = Run()
    resources = await some(run)
    run.books.gate.clear()
    waiting = [asyncio.ensure_future(resources.load(attrs.evolve(A, id=f"n{number}"))) for number in range(8)]
    await asyncio.sleep(0)
    await refused(resources.load(A), Fault.OVERLOADED)
    run.books.gate.set()
    await asyncio.gather(*waiting)
    assert len(run.books.held) == 8


async def test_nothing_that_runs_takes_nothing() -> None:
    await refused((await some()).load(A), Fault.UNAVAILABLE)


async def test_a_request_finds_what_it_names_or_is_told_and_counts_as_a_user() -> None:
    resources = await some(Run())
    await resources.load(A)
    await resources.load(B)
    resources.borrow(naming())
    assert not resources.users
    for params in ({"res_id": "c"}, {"res_id": "a;c"}, {"patch_id": "c"}):
        with pytest.raises(ServiceError, match="has no resource 'c'") as caught:
            resources.borrow(naming(**params))
        assert caught.value.fault is Fault.NOT_FOUND
    assert [view.users for view in resources.views()] == [0, 0]
    both = naming(res_id="a; b;")
    resources.borrow(both)
    assert [view.users for view in resources.views()] == [1, 1]
    resources.give_back(both)
    resources.give_back(both)
    assert [view.users for view in resources.views()] == [0, 0]


async def test_what_is_used_is_unloaded_when_its_last_user_has_gone_and_found_by_nobody_meanwhile() -> None:
    run = Run()
    resources = await some(run)
    await resources.load(A)
    user = naming(res_id="a")
    resources.borrow(user)
    unloading = asyncio.ensure_future(resources.unload("a"))
    await asyncio.sleep(0.01)
    assert run.books.held == ["a"]
    assert resources.views() == ()
    with pytest.raises(ServiceError):
        resources.borrow(naming(res_id="a"))
    await refused(resources.unload("a"), Fault.NOT_FOUND)
    assert "being unloaded" in (await refused(resources.load(A), Fault.UNAVAILABLE)).message
    await resources.load(B)
    unloading.cancel()  # whoever waits may leave: it goes on
    resources.give_back(user)
    await eventually(lambda: run.books.held == ["b"], "it is unloaded all the same")
    await resources.load(A)
