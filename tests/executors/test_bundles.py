"""Gathered calls on threads: together, in order, each with an outcome of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from athena import Wrapper, fields, hookimpl
from athena.errors import Executed, Fault, PluginRefused, ServiceError
from athena.executors.thread import ThreadExecutor
from athena.link.token import Token
from athena.models import BatchSettings, Kind, Limits, Part, Reply, Request, ServiceSettings
from athena.telemetry import Metrics
from athena.testing.bounded import eventually, refused


class Choir(Wrapper):
    """Sings in lists; notes each of them; waits where a request says so."""

    inputs = (fields.anything(), fields.tensor("t", "u1", (-1,), required=False))

    def __init__(self) -> None:
        self.lists: list[list[str]] = []
        self.release = threading.Event()
        self.within = threading.Event()

    @hookimpl
    def athena_batch_exec(self, requests: Sequence[Request]) -> list[Reply | ServiceError]:
        self.lists.append([request.params["n"] for request in requests])
        if "hold" in requests[0].params:
            self.within.set()
            self.release.wait(20)
        if any("all" in request.params for request in requests):
            raise ValueError("no")
        replies: list[Reply | ServiceError] = [self.one(request) for request in requests]
        return replies[1:] if any("short" in request.params for request in requests) else replies

    def one(self, request: Request) -> Reply | ServiceError:
        if "bad" in request.params:
            return ServiceError(Fault.BAD_REQUEST, "not this one")
        return Reply((Part.from_text("n", request.params["n"] + ("!" if request.cancelled else "")),))


class Both(Choir):
    """Can be called alone as well."""

    @hookimpl
    def athena_once_exec(self, request: Request) -> Iterator[Reply]:
        return iter([Reply((Part.from_text("n", "alone"),))] * 2)


class Solo(Wrapper):
    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply()


class There:
    """An executor with a choir."""

    def __init__(self, cls: type[Choir] = Choir, max_size: int = 8, max_wait_ms: float = 5.0, **keys: Any) -> None:
        self.choir = cls()
        self.figures = Metrics()
        self.settings = ServiceSettings("s", batch=BatchSettings(max_size, max_wait_ms), **keys)
        self.executor = ThreadExecutor(self.settings, Limits(), lambda: None, self.choir, figures=self.figures)

    def call(self, number: object, within: float = 20.0, *parts: Part, **params: str) -> asyncio.Task[Reply]:
        self.request = Request(
            "s", "sid", parts, {"n": str(number), **params}, deadline=time.monotonic() + within, cancellation=Token()
        )
        return asyncio.ensure_future(self.executor.once(self.request))

    async def hold(self) -> asyncio.Task[Reply]:
        """The lane is taken, and all that is called from now on waits."""
        call = self.call("hold", hold="yes")
        await eventually(self.choir.within.is_set, "the first list is sung")
        return call


@asynccontextmanager
async def there(cls: type[Choir] = Choir, **keys: Any) -> AsyncIterator[There]:
    made = There(cls, **keys)
    await made.executor.start()
    try:
        yield made
    finally:
        made.choir.release.set()
        await asyncio.wait_for(made.executor.stop(), 20)


async def answers(calls: Sequence[asyncio.Task[Reply]]) -> list[str]:
    return [(await asyncio.wait_for(call, 10)).part("n").text for call in calls]


async def test_calls_that_wait_go_together_in_their_order_and_each_has_its_own_answer() -> None:
    async with there(max_size=4) as here:
        first = await here.hold()
        calls = [here.call(number) for number in range(10)]
        await asyncio.sleep(0)
        here.choir.release.set()
        assert await answers([first, *calls]) == ["hold", *map(str, range(10))]
        assert here.choir.lists[:3] == [["hold"], ["0", "1", "2", "3"], ["4", "5", "6", "7"]]
        assert [each for one in here.choir.lists[3:] for each in one] == ["8", "9"]


async def test_one_bad_item_fails_alone() -> None:
    async with there() as here:
        first = await here.hold()
        good, bad, also = here.call(1), here.call(2, bad="yes"), here.call(3)
        await asyncio.sleep(0)
        here.choir.release.set()
        assert await answers([first, good, also]) == ["hold", "1", "3"]
        assert (await refused(bad, Fault.BAD_REQUEST)).executed is Executed.YES
        assert here.choir.lists[1] == ["1", "2", "3"]


@pytest.mark.parametrize("how", ["all", "short"])
async def test_a_list_that_raises_or_has_the_wrong_length_is_a_user_error_for_each(how: str) -> None:
    async with there() as here:
        await here.hold()
        calls = [here.call(1), here.call(2, **{how: "yes"}), here.call(3)]
        await asyncio.sleep(0)
        here.choir.release.set()
        for call in calls:
            error = await refused(call, Fault.USER_ERROR)
            assert error.message.startswith("athena_batch_exec")
        assert await answers([here.call(4)]) == ["4"]


async def test_a_call_that_is_cancelled_while_it_waits_is_never_run_and_frees_its_slot_at_once() -> None:
    async with there() as here:
        await here.hold()
        calls = [here.call(number) for number in range(3)]
        token = here.request.cancellation
        await asyncio.sleep(0)
        calls[2].cancel()
        await asyncio.wait([calls[2]], timeout=5)
        assert calls[2].cancelled()
        assert isinstance(token, Token)
        await eventually(lambda: not token.held, "the slot is free")
        assert not token.started
        here.choir.release.set()
        assert await answers(calls[:2]) == ["0", "1"]
        assert here.choir.lists == [["hold"], ["0", "1"]]


async def test_a_call_whose_deadline_passes_while_it_waits_is_never_run() -> None:
    async with there() as here:
        await here.hold()
        late, good = here.call("late", 0.01), here.call("good")
        await asyncio.sleep(0.02)
        here.choir.release.set()
        assert (await refused(late, Fault.DEADLINE)).executed is Executed.NO
        assert await answers([good]) == ["good"]
        assert here.choir.lists == [["hold"], ["good"]]


async def test_a_call_that_is_cancelled_while_its_list_runs_is_seen_by_the_wrapper_and_disturbs_nobody() -> None:
    async with there() as here:
        first = await here.hold()
        token = here.request.cancellation
        first.cancel()
        await asyncio.wait([first], timeout=5)
        assert isinstance(token, Token)
        assert token.cancelled
        assert token.held
        here.choir.release.set()
        assert await answers([here.call(1)]) == ["1"]
        await eventually(lambda: not token.held, "its slot is free when its list has been sung")


async def test_a_stream_goes_to_the_hook_that_can_iterate_and_only_else_into_a_batch() -> None:
    async with there(Both) as both, there() as here:
        for made, expected in ((both, ["alone", "alone"]), (here, ["1"])):
            request = Request("s", "sid", (), {"n": "1"}, deadline=time.monotonic() + 20, cancellation=Token())
            assert [reply.part("n").text async for reply in made.executor.stream(request)] == expected
        assert await answers([both.call(2)]) == ["2"]
        assert both.choir.lists == [["2"]]


async def test_a_reader_who_stops_while_his_stream_waits_is_forgotten() -> None:
    async with there() as here:
        await here.hold()
        request = Request("s", "sid", (), {"n": "1"}, deadline=time.monotonic() + 20, cancellation=Token())
        replies = here.executor.stream(request)
        waiting = asyncio.ensure_future(replies.__anext__())
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.wait([waiting], timeout=5)
        await replies.aclose()
        here.choir.release.set()
        await asyncio.wait_for(here.executor.drain(), 10)
        assert here.choir.lists == [["hold"]]


async def test_items_that_a_request_carries_are_counted_and_so_are_batches() -> None:
    async with there(max_size=8) as here:
        await here.hold()
        tensor = Part("t", bytes(5), Kind.OTHER, attributes={"dtype": "|u1", "shape": "5"})
        calls = [here.call(number, 20.0, tensor) for number in range(3)]
        await asyncio.sleep(0)
        here.choir.release.set()
        await answers(calls)
        assert here.choir.lists == [["hold"], ["0"], ["1"], ["2"]]
        text = here.figures.render().decode()
        assert 'athena_batch_items_count{service="s"} 4' in text
        assert 'athena_batch_items_sum{service="s"} 16' in text
        assert 'athena_batch_items_bucket{service="s",le="1"} 1' in text
        assert 'athena_batch_items_bucket{service="s",le="8"} 4' in text


async def test_so_many_lists_are_sung_at_once_as_there_are_threads() -> None:
    async with there(threads=2, max_size=1) as here:
        calls = [here.call(number, hold="yes") for number in range(3)]
        await eventually(lambda: len(here.choir.lists) == 2, "both threads sing")
        await asyncio.sleep(0.02)
        assert len(here.choir.lists) == 2
        here.choir.release.set()
        assert await answers(calls) == ["0", "1", "2"]


async def test_stopping_sings_what_waits() -> None:
    async with there(max_size=2) as here:
        first = await here.hold()
        calls = [here.call(number) for number in range(5)]
        await asyncio.sleep(0)
        stopping = asyncio.ensure_future(here.executor.stop())
        await asyncio.sleep(0.01)
        here.choir.release.set()
        assert await answers([first, *calls]) == ["hold", "0", "1", "2", "3", "4"]
        await asyncio.wait_for(stopping, 10)


async def test_new_limits_are_taken_while_calls_wait() -> None:
    async with there(max_size=2) as here:
        await here.hold()
        calls = [here.call(number) for number in range(6)]
        await asyncio.sleep(0)
        here.executor.settle(ServiceSettings("s", batch=BatchSettings(4)))
        here.choir.release.set()
        await answers(calls)
        assert here.choir.lists[1] == ["0", "1", "2", "3"]


async def test_a_batch_table_for_a_wrapper_that_takes_no_lists_is_refused() -> None:
    settings = ServiceSettings("s", batch=BatchSettings())
    executor = ThreadExecutor(settings, Limits(), lambda: None, Solo())
    with pytest.raises(PluginRefused, match=r"services\.s\.batch: the wrapper has no athena_batch_exec"):
        await executor.start()
    await executor.stop()
