"""What a plugin may not do is found before it runs, and the refusal says who, what, where and what was meant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from athena import Reply, Request, Wrapper, hookimpl
from athena.errors import PluginRefused
from athena.plugins import manager_for


class Misspelt:
    @hookimpl
    def athena_once_exce(self, request: Request) -> Reply:
        return Reply()


class FarOff:
    @hookimpl
    def athena_make_coffee(self) -> None: ...


class Unmarked:
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply()


class UnmarkedValue:
    athena_once_exec = 7


class Async:
    @hookimpl
    async def athena_once_exec(self, request: Request) -> Reply:
        return Reply()


class AsyncGenerator:
    @hookimpl
    async def athena_once_exec(self, request: Request) -> AsyncIterator[Reply]:
        yield Reply()


class WrongArgument:
    @hookimpl
    def athena_once_exec(self, req: Request) -> Reply:
        return Reply()


class TooMany:
    @hookimpl
    def athena_session_read(self, session: object, wait: float) -> Reply:
        return Reply()


class WrappedInit:
    @hookimpl(wrapper=True)
    def athena_init(self, context: object) -> Iterator[None]:
        yield


class OldWrappedFini:
    @hookimpl(hookwrapper=True)
    def athena_fini(self) -> Iterator[None]:
        yield


class KernelHook:
    @hookimpl
    def athena_provide(self, context: object) -> tuple[object, ...]:
        return ()


@pytest.mark.parametrize(
    ("plugin", "words"),
    [
        (Misspelt, ["athena_once_exce", "did you mean athena_once_exec?"]),
        (FarOff, ["athena_make_coffee", "is not a hook"]),
        (Unmarked, ["athena_once_exec", "no @hookimpl"]),
        (UnmarkedValue, ["athena_once_exec", "no @hookimpl"]),
        (Async, ["athena_once_exec", "is async", "plain def"]),
        (AsyncGenerator, ["athena_once_exec", "is async"]),
        (WrongArgument, ["athena_once_exec (", "test_rules.py:", "asks for req; its arguments are: request"]),
        (TooMany, ["athena_session_read", "wait"]),
        (WrappedInit, ["athena_init", "wrapper=True"]),
        (OldWrappedFini, ["athena_fini", "wrapper=True"]),
        (KernelHook, ["athena_provide", "is not a hook"]),
    ],
)
def test_a_wrapper_that_breaks_a_rule_is_refused_by_name(plugin: type, words: list[str]) -> None:
    with pytest.raises(PluginRefused) as caught:
        manager_for([("wrappers.mine", plugin())], wrapper=True)
    assert caught.value.plugin == "wrappers.mine"
    for word in ("wrappers.mine", *words):
        assert word in str(caught.value)


@pytest.mark.parametrize("plugin", [Misspelt, Unmarked, Async, WrappedInit])
def test_the_refusal_says_where_it_is_defined(plugin: type) -> None:
    with pytest.raises(PluginRefused, match=r"test_rules\.py:\d+"):
        manager_for([("wrappers.mine", plugin())], wrapper=True)


def test_a_kernel_plugin_may_not_have_a_wrappers_hooks() -> None:
    class Mine:
        @hookimpl
        def athena_once_exec(self, request: Request) -> Reply:
            return Reply()

    with pytest.raises(PluginRefused, match="athena_once_exec"):
        manager_for([("guards.mine", Mine())], wrapper=False)
    assert manager_for([("guards.mine", KernelHook())], wrapper=False).get_plugin("guards.mine")


def test_a_hook_may_take_fewer_arguments_and_be_wrapped_where_that_is_allowed() -> None:
    class Short(Wrapper):
        @hookimpl
        def athena_once_exec(self) -> Reply:
            return Reply()

    class Around:
        @hookimpl(wrapper=True)
        def athena_once_exec(self, request: Request) -> Iterator[None]:
            result: Any = yield
            return result

    manager = manager_for([("wrappers.short", Short()), ("middleware.around", Around())], wrapper=True)
    assert isinstance(manager.hook.athena_once_exec(request=Request("s")), Reply)


def test_of_two_plugins_the_one_that_breaks_the_rule_is_named() -> None:
    with pytest.raises(PluginRefused) as caught:
        manager_for([("wrappers.fine", Wrapper()), ("middleware.bad", Misspelt())], wrapper=True)
    assert caught.value.plugin == "middleware.bad"
    assert "wrappers.fine" not in str(caught.value)


def test_attributes_that_are_no_hooks_are_nobodys_business() -> None:
    class Mine(Wrapper):
        athenaeum = 1
        _athena_private = 2

        def helper(self) -> None: ...

    manager_for([("wrappers.mine", Mine())], wrapper=True)
