"""A wrapper's hooks, resolved once: cheap to call, described, and every lifecycle failure has a name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from athena import Reply, Request, Wrapper, hookimpl
from athena.errors import PluginBroken, PluginRefused, SettingsError
from athena.models import Change, Description, Part, Resource, WrapperContext
from athena.plugins import Hooks, manager_for
from athena.section import between, option, section


@section
class Options:
    """A table."""

    level: int = option(1, help="How much.", check=between(0, 9))


def hooks(wrapper: object, *middleware: object, section_class: type | None = None) -> Hooks:
    plugins = [("wrappers.mine", wrapper), *((f"middleware.m{n}", one) for n, one in enumerate(middleware))]
    return Hooks(manager_for(plugins, wrapper=True), "wrappers.mine", section_class, None)


class Full(Wrapper):
    """Answers everything."""

    version = "3"

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply((Part.from_text("sid", request.sid),))

    @hookimpl
    def athena_batch_exec(self, requests: list[Request]) -> list[Reply]:
        return [Reply()] * len(requests)

    @hookimpl
    def athena_session_create(self) -> object:
        return "session"

    @hookimpl
    def athena_session_write(self, request: Request) -> None:
        self.written = request

    @hookimpl
    def athena_session_read(self, session: object) -> Reply:
        return Reply((Part.from_text("session", str(session)),))

    @hookimpl
    def athena_session_destroy(self) -> None:
        self.destroyed = True


def test_what_a_wrapper_has_is_callable_and_what_it_has_not_is_none() -> None:
    made = hooks(Full())
    assert made.once is not None
    assert made.once(Request("s", "7")).part("sid").text == "7"
    bare = hooks(Wrapper())
    assert [bare.once, bare.batch, bare.create, bare.write, bare.read, bare.destroy] == [None] * 6


def test_a_hook_whose_arguments_are_the_specs_is_called_without_anything_between() -> None:
    wrapper = Full()
    assert hooks(wrapper).once == wrapper.athena_once_exec


def test_shorter_argument_lists_are_adapted_and_the_right_ones_arrive() -> None:
    wrapper = Full()
    made = hooks(wrapper)
    assert made.create is not None
    assert made.write is not None
    assert made.destroy is not None
    request = Request("s")
    assert made.create("a context") == "session"
    made.write("a session", request)
    made.destroy("a session")
    assert wrapper.written is request
    assert wrapper.destroyed


def test_the_description_says_which_operations_were_found() -> None:
    assert hooks(Full()).description.operations == {"once", "batch", "session", "read"}
    assert hooks(Wrapper()).description.operations == frozenset()
    assert hooks(Full()).description.version == "3"


def test_a_wrapper_without_a_description_has_an_empty_one() -> None:
    class Bare:
        @hookimpl
        def athena_once_exec(self, request: Request) -> Reply:
            return Reply()

    assert hooks(Bare()).description == Description(operations=frozenset({"once"}))


@pytest.mark.parametrize("answer", ["text", {"version": "1"}, 7])
def test_a_description_of_the_wrong_type_is_refused(answer: object) -> None:
    class Odd:
        @hookimpl
        def athena_describe(self) -> object:
            return answer

    with pytest.raises(PluginRefused, match=f"returned {type(answer).__name__}; expected a Description"):
        hooks(Odd())


ENDS = [ValueError("no model"), SystemExit(2), KeyboardInterrupt(), GeneratorExit()]


@pytest.mark.parametrize("error", ENDS)
@pytest.mark.parametrize(
    ("hook", "call"),
    [
        ("athena_init", lambda made: made.init(WrapperContext("s"))),
        ("athena_config_check", lambda made: made.check({})),
        ("athena_config_reload", lambda made: made.reload({})),
        ("athena_resource_load", lambda made: made.resource_load(Resource("r", ()))),
    ],
)
def test_a_lifecycle_hook_that_raises_anything_is_a_refusal_with_its_name(
    hook: str, call: Callable[[Hooks], None], error: BaseException
) -> None:
    def fail(self: object, *_: object) -> None:
        raise error

    def fine(self: object, change: Change) -> None: ...

    methods: dict[str, Any] = {"athena_config_reload": hookimpl(fine), hook: hookimpl(fail)}
    with pytest.raises(PluginBroken) as caught:
        call(hooks(type("Mine", (), methods)()))
    assert f"wrappers.mine: {hook} raised {type(error).__name__}" in str(caught.value)
    assert caught.value.plugin == "wrappers.mine"


@pytest.mark.parametrize("error", ENDS)
def test_a_description_that_raises_is_a_refusal(error: BaseException) -> None:
    class Mine:
        @hookimpl
        def athena_describe(self) -> Description:
            raise error

    with pytest.raises(PluginBroken, match="athena_describe raised"):
        hooks(Mine())


@pytest.mark.parametrize("error", ENDS)
def test_letting_go_never_fails(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    class Mine:
        @hookimpl
        def athena_fini(self) -> None:
            raise error

        @hookimpl
        def athena_resource_unload(self, resource_id: str) -> None:
            raise error

    made = hooks(Mine())
    with caplog.at_level(logging.ERROR):
        made.fini()
        made.resource_unload("r")
    assert "athena_fini failed" in caplog.text
    assert "athena_resource_unload failed" in caplog.text


class Reloading:
    """Takes new configurations."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, object, object, str]] = []

    @hookimpl
    def athena_config_check(self, change: Change) -> None:
        self.seen.append(("check", change.old, change.new, change.version))

    @hookimpl
    def athena_config_reload(self, change: Change) -> None:
        self.seen.append(("reload", change.old, change.new, change.version))


def test_a_reload_settles_the_table_and_remembers_it_only_after_phase_two() -> None:
    wrapper = Reloading()
    made = hooks(wrapper, section_class=Options)
    made.check({"level": 2}, "v2")
    made.check({"level": 3}, "v3")
    made.reload({"level": 3}, "v3")
    made.check({"level": 4}, "v4")
    assert wrapper.seen == [
        ("check", None, Options(level=2), "v2"),
        ("check", None, Options(level=3), "v3"),
        ("reload", None, Options(level=3), "v3"),
        ("check", Options(level=3), Options(level=4), "v4"),
    ]


def test_a_table_that_does_not_fit_never_reaches_the_wrapper() -> None:
    wrapper = Reloading()
    with pytest.raises(SettingsError) as caught:
        hooks(wrapper, section_class=Options).check({"level": 99, "levle": 1})
    assert {problem.path for problem in caught.value.problems} == {("config", "level"), ("config", "levle")}
    assert wrapper.seen == []


def test_a_wrapper_that_cannot_reload_says_that_it_needs_a_restart() -> None:
    with pytest.raises(PluginBroken, match="no athena_config_reload: a new config needs a restart"):
        hooks(Full()).check({})


class Around:
    """Notes when it goes in and out."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.name = name
        self.log = log

    @hookimpl(wrapper=True)
    def athena_once_exec(self, request: Request) -> Iterator[None]:
        self.log.append(f"{self.name} in")
        result: Any = yield
        self.log.append(f"{self.name} out")
        return result


def test_middleware_is_around_the_hook_and_does_not_count_as_one() -> None:
    log: list[str] = []
    made = hooks(Full(), Around("m", log))
    assert made.once is not None
    assert made.once(Request("s", "7")).part("sid").text == "7"
    assert log == ["m in", "m out"]
    alone = hooks(Wrapper(), Around("m", log))
    assert alone.once is None
    assert alone.description.operations == frozenset()
