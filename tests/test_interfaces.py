"""The interfaces: what inherits one is one, and gets the empty parts for nothing."""

from __future__ import annotations

import inspect

import pytest

from athena import interfaces
from athena.interfaces import Balancer, Component, Guard, Registry, Session, Transport

PROTOCOLS = [
    cls
    for cls in vars(interfaces).values()
    if inspect.isclass(cls) and cls.__module__ == interfaces.__name__ and getattr(cls, "_is_protocol", False)
]
KINDS = (
    "Transport",
    "Registry",
    "ConfigSource",
    "Allocator",
    "Guard",
    "Quota",
    "Meter",
    "ExecutorFactory",
    "Balancer",
)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_plugin_may_provide_is_a_component(kind: str) -> None:
    assert Component in getattr(interfaces, kind).__mro__


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda cls: cls.__name__)
def test_every_interface_and_every_argument_of_it_is_typed(protocol: type) -> None:
    assert inspect.getdoc(protocol)
    for name, method in vars(protocol).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            signature = inspect.signature(method)
            assert signature.return_annotation is not inspect.Signature.empty, name
            loose = [p.name for p in list(signature.parameters.values())[1:] if p.annotation is inspect.Parameter.empty]
            assert loose == [], name


async def test_a_component_starts_and_stops_without_being_told_how() -> None:
    class Mine(Balancer):
        def pick(self, instances: tuple[object, ...], key: str) -> object:  # type: ignore[override]
            return instances[0]

        def observe(self, instance: object, outcome: object) -> None: ...

    mine = Mine()
    await mine.start()
    await mine.stop()
    assert Balancer in type(mine).__mro__
    assert Transport not in type(mine).__mro__


def test_what_may_take_time_is_async_and_what_must_not_is_not() -> None:
    for method in (Session.write, Session.read, Session.close, Guard.check, Guard.valid, Registry.announce):
        assert inspect.iscoroutinefunction(method), method.__qualname__
    for method in (Balancer.pick, interfaces.Meter.began, interfaces.Dispatcher.services):
        assert not inspect.iscoroutinefunction(method), method.__qualname__
