"""The thread executor beyond its contract: start, reload, stop, and what it does with time."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest

from athena import Wrapper, hookimpl
from athena.errors import Fault, PluginBroken, ServiceError, SettingsError
from athena.executors.thread import ThreadExecutor, ThreadFactory
from athena.link.token import Token
from athena.models import Change, Limits, Part, Reply, Request, ServiceSettings, SessionContext, WrapperContext
from athena.section import between, option, section
from athena.testing.bounded import eventually, refused


@section
class Options:
    """The wrapper's own table."""

    level: int = option(1, help="How much.", check=between(0, 9))


class Diary(Wrapper):
    """Notes every hook and the thread it ran on."""

    Section = Options

    def __init__(self, options: Options) -> None:
        self.options = options
        self.notes: list[tuple[str, str]] = []
        self.release = threading.Event()
        self.fail = ""
        made.append(self)

    def note(self, what: str) -> None:
        self.notes.append((what, threading.current_thread().name))

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        self.note(f"init {context.service}")

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        if "block" in request.params:
            self.release.wait(20)
        return Reply((Part.from_text("level", str(self.options.level)),))

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> object:
        if "block" in context.params:
            self.release.wait(20)
        return context.sid

    @hookimpl
    def athena_session_destroy(self, session: object) -> None:
        self.note(f"destroy {session}")

    @hookimpl
    def athena_config_check(self, change: Change) -> None:
        self.note("check")
        if self.fail == "check":
            raise ValueError("not while I live")

    @hookimpl
    def athena_config_reload(self, change: Change) -> None:
        self.note("reload")
        if self.fail == "reload":
            raise ValueError("could not")
        assert isinstance(change.new, Options)
        self.options = change.new

    @hookimpl
    def athena_fini(self) -> None:
        self.note("fini")


made: list[Diary] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    made.clear()


def request(**params: str) -> Request:
    return Request("s", "sid", (), params, deadline=time.monotonic() + 20, cancellation=Token())


@asynccontextmanager
async def running(wrapper: object = Diary, **settings: Any) -> AsyncIterator[ThreadExecutor]:
    executor = ThreadExecutor(ServiceSettings("s", executor="thread", **settings), Limits(), lambda: None, wrapper)
    try:
        await asyncio.wait_for(executor.start(), 20)
        yield executor
    finally:
        for diary in made:
            diary.release.set()
        await asyncio.wait_for(executor.stop(), 20)


async def level(executor: ThreadExecutor) -> str:
    return (await asyncio.wait_for(executor.once(request()), 10)).part("level").text


async def test_lifecycle_hooks_run_on_one_thread_and_calls_on_others() -> None:
    async with running() as executor:
        assert executor.health().ready
        assert await level(executor) == "1"
    diary = made[0]
    names = dict(diary.notes)
    assert list(names) == ["init s", "fini"]
    assert len(set(names.values())) == 1
    assert set(names.values()).isdisjoint({threading.main_thread().name, "athena-s-0"})
    assert not executor.health().ready
    assert (await refused(executor.once(request()))).fault is Fault.UNAVAILABLE


async def test_the_factory_makes_one_and_hands_itself_over() -> None:
    factory = ThreadFactory()
    assert factory.athena_provide() == (factory,)


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), ValueError("no"), GeneratorExit()])
async def test_whatever_init_raises_refuses_the_start_and_names_the_hook(error: BaseException) -> None:
    class Broken(Wrapper):
        @hookimpl
        def athena_init(self, context: object) -> None:
            raise error

    executor = ThreadExecutor(ServiceSettings("s"), Limits(), lambda: None, Broken)
    with pytest.raises(PluginBroken, match=f"athena_init raised {type(error).__name__}"):
        await asyncio.wait_for(executor.start(), 10)
    await asyncio.wait_for(executor.stop(), 10)


async def test_an_init_that_takes_too_long_is_unavailable_with_its_limit() -> None:
    release = threading.Event()

    class Slow(Wrapper):
        @hookimpl
        def athena_init(self, context: object) -> None:
            release.wait(20)

    executor = ThreadExecutor(ServiceSettings("s", init_timeout=0.1), Limits(), lambda: None, Slow)
    error = await refused(executor.start(), Fault.UNAVAILABLE)
    assert "init_timeout = 0.1 s" in error.message
    release.set()
    await asyncio.wait_for(executor.stop(), 10)


async def test_a_table_that_does_not_fit_is_refused_below_config() -> None:
    executor = ThreadExecutor(ServiceSettings("s", config={"level": 99}), Limits(), lambda: None, Diary)
    with pytest.raises(SettingsError) as caught:
        await asyncio.wait_for(executor.start(), 10)
    assert [problem.path for problem in caught.value.problems] == [("config", "level")]
    await asyncio.wait_for(executor.stop(), 10)


async def test_a_cancelled_call_tells_its_wrapper_and_frees_its_caller_at_once() -> None:
    async with running(threads=2) as executor:
        waiting = request(block="1")
        call = asyncio.create_task(executor.once(waiting))
        token = waiting.cancellation
        assert isinstance(token, Token)
        await eventually(lambda: token.started, "the call began")
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(call, 5)
        assert token.cancelled
        assert await level(executor) == "1"


async def test_drain_returns_when_the_last_call_has() -> None:
    async with running() as executor:
        call = asyncio.create_task(executor.once(request(block="1")))
        await asyncio.sleep(0.05)
        draining = asyncio.create_task(executor.drain())
        await asyncio.sleep(0.05)
        assert not draining.done()
        made[0].release.set()
        await asyncio.wait_for(draining, 5)
        await asyncio.wait_for(call, 5)


async def test_whoever_gives_up_opening_is_not_kept_by_a_create_that_hangs() -> None:
    async with running(threads=2) as executor:
        opening = asyncio.create_task(executor.open(request(block="1")))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(opening, 10)
        assert time.monotonic() - began < 2
        made[0].release.set()
        await eventually(lambda: "destroy sid" in [what for what, _ in made[0].notes], "what was created is destroyed")
        assert [what for what, _ in made[0].notes].count("destroy sid") == 1


def changed(executor: ThreadExecutor, **config: object) -> Change:
    old = executor._hosted._settings
    return Change(old, attrs.evolve(old, config=config), "2")


async def test_a_reload_checks_and_then_gives_the_new_section_with_nothing_else_running() -> None:
    async with running() as executor:
        change = changed(executor, level=5)
        await asyncio.wait_for(executor.check(change), 5)
        assert await level(executor) == "1"
        await asyncio.wait_for(executor.reload(change), 5)
        assert await level(executor) == "5"
        assert len(made) == 1
        assert {thread for _, thread in made[0].notes} == {made[0].notes[0][1]}


@pytest.mark.parametrize(("config", "fail", "words"), [({"level": 99}, "", "level"), ({}, "check", "not while I live")])
async def test_a_check_that_refuses_says_why_and_changes_nothing(
    config: dict[str, object], fail: str, words: str
) -> None:
    async with running(config={"level": 3}) as executor:
        made[0].fail = fail
        with pytest.raises((SettingsError, PluginBroken), match=words):
            await asyncio.wait_for(executor.check(changed(executor, **config)), 5)
        assert await level(executor) == "3"


async def test_a_wrapper_that_fails_in_phase_two_is_replaced_by_one_on_the_new_config(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running() as executor:
        made[0].fail = "reload"
        with caplog.at_level(logging.ERROR):
            await asyncio.wait_for(executor.reload(changed(executor, level=7)), 10)
        assert await level(executor) == "7"
        assert len(made) == 2
        assert executor.health().ready
        assert ("fini", made[0].notes[0][1]) in made[0].notes, "the old wrapper was never let go"


async def test_a_wrapper_that_cannot_be_started_anew_is_unavailable_and_its_sessions_are_told() -> None:
    async with running() as executor:
        session = await asyncio.wait_for(executor.open(request()), 5)
        reading = asyncio.create_task(session.read())
        made[0].fail = "reload"
        await asyncio.wait_for(executor.reload(changed(executor, level=99)), 10)
        assert not executor.health().ready
        assert (await refused(reading)).fault is Fault.WORKER_LOST
        assert (await refused(executor.once(request()), within=2)).fault is Fault.UNAVAILABLE


async def test_stopping_ends_open_sessions_and_destroys_each_once() -> None:
    async with running() as executor:
        sessions = [await asyncio.wait_for(executor.open(attrs.evolve(request(), sid=f"s{n}")), 5) for n in range(5)]
        reading = asyncio.create_task(sessions[0].read())
        await asyncio.sleep(0.02)
        await asyncio.wait_for(executor.stop(), 10)
        assert (await refused(reading)).fault is Fault.UNAVAILABLE
    notes = [what for what, _ in made[0].notes]
    assert sorted(what for what in notes if what.startswith("destroy")) == [f"destroy s{n}" for n in range(5)]
    assert notes[-1] == "fini"


async def test_a_service_error_of_the_executor_is_all_a_caller_sees_before_the_start() -> None:
    executor = ThreadExecutor(ServiceSettings("s"), Limits(), lambda: None, Diary)
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: executor.once(request()),
        lambda: executor.describe("s"),
        lambda: executor.stream(request()).__anext__(),
    ]
    for call in calls:
        with pytest.raises(ServiceError) as caught:
            await call()
        assert caught.value.fault is Fault.UNAVAILABLE
