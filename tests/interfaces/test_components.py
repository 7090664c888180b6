"""What plugins hand over: what inherits one is one, and gets the empty parts for nothing."""

from __future__ import annotations

import inspect

import pytest

from athena import interfaces
from athena.interfaces import Balancer, Component, Guard, Meter, Registry, Transport
from athena.models import ANONYMOUS

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
    "Tracer",
)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_plugin_may_provide_is_a_component(kind: str) -> None:
    assert Component in getattr(interfaces, kind).__mro__


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


async def test_a_guard_that_does_not_look_again_trusts_whom_it_let_in() -> None:
    class Once(Guard):
        async def check(self, attempt: object) -> None: ...  # type: ignore[override]

    assert await Once().valid(ANONYMOUS)


def test_what_may_take_time_is_async_and_what_must_not_is_not() -> None:
    for method in (Guard.check, Guard.valid, Registry.announce, Registry.withdraw, Transport.start, Transport.drain):
        assert inspect.iscoroutinefunction(method), method.__qualname__
    for method in (Balancer.pick, Meter.began, Meter.ended):
        assert not inspect.iscoroutinefunction(method), method.__qualname__
