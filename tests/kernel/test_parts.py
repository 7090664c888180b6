"""The plugins of one kernel: made from their tables, asked one by one, found by what they are."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from athena import hookimpl
from athena.errors import PluginBroken, PluginRefused, SettingsError
from athena.interfaces import Component, Guard, Meter, PluginContext
from athena.kernel.parts import Parts
from athena.models import Attempt, Change, Document, Principal, Usage
from athena.plugins import Catalog
from athena.section import option, section
from athena.settings import read
from athena.telemetry import Metrics
from athena.testing.stand_in import StandIn


@section
class Options:
    """A table."""

    name: str = option("nobody", help="Whom it knows.")


class Known(Guard):
    """A guard with a table."""

    Section = Options

    def __init__(self, options: Options) -> None:
        self.options = options
        self.changes: list[Change] = []

    @hookimpl
    def athena_provide(self, context: PluginContext) -> tuple[object, ...]:
        self.context = context
        return (self,)

    @hookimpl
    def athena_config_reload(self, change: Change) -> None:
        self.changes.append(change)

    async def check(self, attempt: Attempt) -> Principal | None:
        return None


class Paper(Meter):
    """A meter without a table."""

    def began(self, usage: Usage) -> None: ...

    def ended(self, usage: Usage) -> None: ...


class Two:
    """One plugin that hands over two objects."""

    @hookimpl
    def athena_provide(self) -> tuple[object, ...]:
        return (Paper(), Known(Options()))


def parts(text: str, **plugins: type) -> Parts:
    catalog = Catalog({name.replace("__", "."): cls for name, cls in plugins.items()})
    settings = read(Document(text, origin="x.toml"), catalog.load, wrappers=())
    return Parts(settings, catalog, lambda name: StandIn(), Metrics())


def test_a_plugin_is_made_with_its_settled_table() -> None:
    made = parts('[guards.g]\nname = "alice"\n', guards__g=Known)
    made.begin()
    (guard,) = made.all(Guard)
    assert isinstance(guard, Known)
    assert guard.options == Options(name="alice")
    assert guard.context is made.contexts["guards.g"]
    assert guard.context.log.name == "athena.guards.g"


def test_only_what_the_toml_names_is_made() -> None:
    class Canary:
        def __init__(self) -> None:
            raise AssertionError("it was not asked for")

    made = parts("[guards.g]\n", guards__g=Known, guards__canary=Canary)
    assert list(made.contexts) == ["guards.g"]


def test_objects_are_found_by_what_they_inherit_whoever_hands_them_over() -> None:
    made = parts("[meters.two]\n", meters__two=Two)
    made.begin()
    assert [type(one) for one in made.all(Meter)] == [Paper]
    assert [type(one) for one in made.all(Guard)] == [Known]
    assert [name for name, _ in made.named(Guard)] == ["meters.two"]
    assert len(made.all(Component)) == 2
    assert made.find(Meter, "two") is made.find(Meter)
    with pytest.raises(LookupError, match="no Meter named three is configured"):
        made.find(Meter, "three")


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(1), KeyboardInterrupt()])
def test_a_constructor_that_raises_anything_is_named(error: BaseException) -> None:
    class Bad:
        def __init__(self) -> None:
            raise error

    with pytest.raises(PluginBroken, match=rf"guards\.bad: Bad\(\) raised {type(error).__name__}") as caught:
        parts("[guards.bad]\n", guards__bad=Bad)
    assert caught.value.plugin == "guards.bad"


def test_a_table_that_does_not_fit_never_makes_a_plugin() -> None:
    with pytest.raises(SettingsError, match=r"x\.toml:2: guards\.g\.nmae: unknown key"):
        parts('[guards.g]\nnmae = "alice"\n', guards__g=Known)


def test_a_misspelt_hook_is_refused_before_any_hook_is_called() -> None:
    called: list[str] = []

    class Fine:
        @hookimpl
        def athena_init(self) -> None:
            called.append("init")

    class Misspelt:
        @hookimpl
        def athena_provied(self) -> tuple[object, ...]:
            return ()

    with pytest.raises(PluginRefused, match=r"guards\.bad: athena_provied .* did you mean athena_provide"):
        parts("[guards.fine]\n[guards.bad]\n", guards__fine=Fine, guards__bad=Misspelt)
    assert called == []


def test_only_those_whose_init_had_returned_say_goodbye_in_reverse_and_failures_are_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log: list[str] = []

    def plugin(name: str, *, init: bool = True, fini: bool = True) -> type:
        def athena_init(self: object) -> None:
            log.append(f"{name} init")
            if not init:
                raise ValueError("init")

        def athena_fini(self: object) -> None:
            log.append(f"{name} fini")
            if not fini:
                raise SystemExit(1)

        return type(name, (), {"athena_init": hookimpl(athena_init), "athena_fini": hookimpl(athena_fini)})

    made = parts(
        "[guards.a]\n[guards.b]\n[guards.c]\n[guards.d]\n",
        guards__a=plugin("a"), guards__b=plugin("b", fini=False), guards__c=plugin("c", init=False),
        guards__d=plugin("d"),
    )  # fmt: skip
    with pytest.raises(PluginBroken, match=r"guards\.c: athena_init raised ValueError: init"):
        made.begin()
    with caplog.at_level(logging.ERROR):
        made.end()
        made.end()
    assert log == ["a init", "b init", "c init", "b fini", "a fini"]
    assert "guards.b: athena_fini failed" in caplog.text


def test_a_plugin_is_reloadable_when_it_has_the_hook() -> None:
    made = parts("[guards.g]\n[meters.two]\n", guards__g=Known, meters__two=Two)
    made.begin()
    assert made.reloadable("guards.g")
    assert not made.reloadable("meters.two")
    change = Change(Options(), Options(name="bob"))
    made.reload("guards.g", change=change)
    (guard,) = [one for one in made.all(Guard) if hasattr(one, "context")]
    assert isinstance(guard, Known)
    assert guard.changes == [change]


def test_the_executors_of_the_services_are_plugins_too() -> None:
    text = '[services.a]\nwrapper = "x:Y"\nexecutor = "thread"\n[services.b]\nwrapper = "x:Y"\nexecutor = "thread"\n'
    made = parts(text)
    assert list(made.contexts) == ["executors.thread"]


def test_nothing_is_asked_of_what_has_no_such_hook() -> None:
    class Bare:
        pass

    made: Any = parts("[guards.bare]\n", guards__bare=Bare)
    made.begin()
    made.end()
    assert made.all(Component) == []
