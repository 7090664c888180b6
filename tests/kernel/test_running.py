"""Everything is started in one order and stopped in its reverse, and what refuses takes down what stands already."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import athena
from athena import Request, Wrapper, hookimpl
from athena.errors import SettingsError
from athena.interfaces import Guard, Quota, Transport
from athena.models import Attempt, Document, Principal

from .players import TOML, Echo, Script

STARTED = [
    "meters.m start", "guards.g start", "quotas.q start", "gpu.a start", "discovery.r start", "balancers.b start",
    "transports.t start",
]  # fmt: skip


def starting(script: Script, text: str = TOML, **more: Any) -> Any:
    wrappers = {"echo": Echo, **more.pop("wrappers", {})}
    return athena.start(Document(text, "1", "site.toml"), plugins=script.plugins(), wrappers=wrappers, **more)


async def test_start_goes_through_the_groups_in_order_and_stop_comes_back_the_same_way() -> None:
    script = Script()
    async with athena.start("src://here", plugins=script.plugins(), wrappers={"echo": Echo}):
        assert script.log[:2] == ["sources.src start", "sources.src read"]
        assert script.steps("start")[1:] == STARTED
        first, last = script.log.index("meters.m start"), max(script.log.index(s) for s in script.steps("provide"))
        assert last < first, "everything is handed over before anything is started"
        assert script.log[-2:] == ["transports.t accept", "discovery.r announce echo wire://127.0.0.1:1"]
        script.log.clear()
    assert script.log[:2] == ["discovery.r withdraw", "transports.t drain"]
    assert script.steps("stop") == [step.replace("start", "stop") for step in reversed(STARTED)] + ["sources.src stop"]
    made = [step.partition(" ")[0] for step in script.steps("fini")]
    assert made == ["transports.t", "balancers.b", "discovery.r", "gpu.a", "quotas.q", "guards.g", "meters.m"]


@pytest.mark.parametrize("failing", [*STARTED, "transports.t accept", "gpu.a init", "gpu.a provide"])
async def test_a_part_that_fails_stops_those_before_it_and_each_says_goodbye_once(failing: str) -> None:
    script = Script()
    script.fail = failing
    with pytest.raises((SettingsError, ValueError), match="on purpose"):
        await starting(script)
    who, _, what = failing.partition(" ")
    started = [step.partition(" ")[0] for step in script.steps("start") if step != failing]
    assert sorted(step.partition(" ")[0] for step in script.steps("stop")) == sorted(started)
    begun = [step.partition(" ")[0] for step in script.steps("init") if step != failing]
    assert [step.partition(" ")[0] for step in script.steps("fini")] == list(reversed(begun))
    assert "discovery.r announce" not in " ".join(script.log)
    assert not [step for step in script.log if who in step and what == "start" and "accept" in step]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), ValueError("no")])
@pytest.mark.parametrize("step", ["init", "provide"])
async def test_a_hook_that_raises_anything_is_a_refusal_at_its_tables_line(step: str, error: BaseException) -> None:
    script = Script()
    script.fail, script.error = f"guards.g {step}", error
    with pytest.raises(SettingsError) as caught:
        await starting(script)
    (problem,) = caught.value.problems
    assert (problem.path, problem.origin, problem.line) == (("guards", "g"), "site.toml", 4)
    assert f"athena_{step} raised {type(error).__name__}" in problem.text


async def test_a_stop_that_fails_keeps_nothing_else_from_stopping() -> None:
    script = Script()
    script.fail = "transports.t stop"
    async with starting(script):
        pass
    assert len(script.steps("stop")) == len(STARTED)
    assert len(script.steps("fini")) == 7


async def test_one_object_with_two_roles_is_started_and_stopped_once() -> None:
    log: list[str] = []

    class Both(Guard, Quota):
        @hookimpl
        def athena_provide(self) -> tuple[object, ...]:
            return (self,)

        async def start(self) -> object:
            log.append("start")
            return None

        async def stop(self, grace: float = 0.0) -> None:
            log.append("stop")

        async def check(self, attempt: Attempt) -> Principal | None:
            return None

        async def acquire(self, principal: Principal, service: str) -> None:
            log.append("acquire")

        def release(self, principal: Principal, service: str) -> None:
            log.append("release")

    async with athena.start(
        Document("[guards.both]\n"), plugins={"guards.both": Both}, wrappers={"echo": Echo}
    ) as kernel:
        await kernel.once("echo", Request(""))
    assert log == ["start", "acquire", "release", "stop"]


@pytest.mark.parametrize("handed", [7, "text", ("text",), (object(),), [None]])
async def test_what_is_no_interface_is_refused_by_name(handed: object) -> None:
    class Odd:
        @hookimpl
        def athena_provide(self) -> object:
            return handed

    with pytest.raises(SettingsError) as caught:
        await athena.start(Document("[guards.odd]\n", origin="x.toml"), plugins={"guards.odd": Odd})
    (problem,) = caught.value.problems
    assert problem.path == ("guards", "odd")
    assert "guards.odd" in problem.text


OPEN = TOML.replace("[guards.g]\n", "").replace("[transports.t]\n", '[transports.t]\nbound = "HOST"\n')


async def test_an_address_that_others_can_reach_is_not_served_without_a_guard() -> None:
    script = Script()
    with pytest.raises(SettingsError) as caught:
        await starting(script, OPEN.replace("HOST", "10.0.0.7"))
    (problem,) = caught.value.problems
    assert problem.path == ("transports", "t")
    assert problem.line == OPEN.splitlines().index("[transports.t]") + 1
    for word in ("no guard", "[guards.<name>]", "127.0.0.1", "kernel.unguarded"):
        assert word in problem.text
    assert "transports.t accept" not in script.log
    assert "transports.t stop" in script.log


async def test_a_guard_or_an_explicit_word_opens_every_address() -> None:
    async with starting(Script(), TOML.replace("[transports.t]\n", '[transports.t]\nbound = "0.0.0.0"\n')):
        pass
    text = OPEN.replace("HOST", "0.0.0.0").replace("[kernel]\n", "[kernel]\nunguarded = true\n")
    async with starting(Script(), text):
        pass


class Refusing(Wrapper):
    """Refuses to begin."""

    @hookimpl
    def athena_init(self, context: object) -> None:
        raise ValueError("no model here")


async def test_every_service_that_refuses_is_told_with_its_line_and_not_only_the_first() -> None:
    text = '[services.a]\nexecutor = "thread"\n[services.b]\nexecutor = "thread"\n[services.echo]\n'
    script = Script()
    with pytest.raises(SettingsError) as caught:
        await starting(script, text, wrappers={"a": Refusing, "b": Refusing})
    found = [(problem.path, problem.origin, problem.line) for problem in caught.value.problems]
    assert [(path[:2], origin, line) for path, origin, line in found] == [
        (("services", "a"), "site.toml", 1), (("services", "b"), "site.toml", 3),
    ]  # fmt: skip
    assert all("athena_init raised ValueError: no model here" in problem.text for problem in caught.value.problems)


@pytest.mark.parametrize("executor", ["thread", "process"])
async def test_a_wrapper_named_in_the_toml_that_refuses_is_told_at_its_key(executor: str) -> None:
    text = f'[services.bad]\nexecutor = "{executor}"\nwrapper = "no_such_module_anywhere:Mine"\n'
    with pytest.raises(SettingsError) as caught:
        await athena.start(Document(text, origin="site.toml"))
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == (("services", "bad", "wrapper"), 3)
    assert "no_such_module_anywhere cannot be imported" in problem.text


@pytest.mark.parametrize("executor", ["thread", "process"])
@pytest.mark.parametrize("key", ['block = ["wrappers.echo"]', 'allow = ["wrappers.other"]'])
async def test_a_wrapper_the_toml_blocks_is_refused_before_anything_is_started(executor: str, key: str) -> None:
    text = f'[plugins]\n{key}\n[services.bad]\nexecutor = "{executor}"\nwrapper = "echo"\n'
    with pytest.raises(SettingsError) as caught:
        await athena.start(Document(text, origin="site.toml"))
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == (("services", "bad", "wrapper"), 5)
    assert "[plugins]" in problem.text


async def test_a_service_that_is_only_late_does_not_keep_the_others_down() -> None:
    text = '[services.slow]\nexecutor = "thread"\ninit_timeout = 0.05\n[services.echo]\nexecutor = "thread"\n'

    class Slow(Wrapper):
        @hookimpl
        def athena_init(self, context: object) -> None:
            release.wait(10)

    release = threading.Event()
    async with starting(Script(), text, wrappers={"slow": Slow}) as kernel:
        views = kernel.services()
        assert views["echo"].health.ready
        assert not views["slow"].health.ready
        assert "init_timeout" in views["slow"].health.reason
        release.set()


async def test_a_context_finds_the_objects_of_others_and_says_when_there_is_none() -> None:
    script = Script()
    async with starting(script):
        context = script.contexts["transports.t"]
        assert context.name == "transports.t"
        assert context.find(Guard) is context.find(Guard, "g")
        assert context.find(Transport, "t").name == "t"
        with pytest.raises(LookupError, match="no Guard named other is configured"):
            context.find(Guard, "other")
        reply = await context.dispatcher.once(Request("echo"))
        assert reply.parts == ()
        assert b'transport="t"' in context.dispatcher.metrics()


async def test_a_batch_that_can_never_be_full_is_said_aloud(caplog: pytest.LogCaptureFixture) -> None:
    service = '[services.echo]\nwrapper = "echo"\nexecutor = "thread"\n'
    async with athena.start(Document(f"{service}[services.echo.batch]\nmax_size = 4\n")):
        assert "max_concurrency" not in caplog.text
    async with athena.start(Document(f"{service}max_concurrency = 3\n[services.echo.batch]\nmax_size = 4\n")):
        assert "services.echo.max_concurrency = 3: a batch will never hold more calls" in caplog.text
