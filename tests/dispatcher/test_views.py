"""Snapshots of services: one until something changes, and never a change unseen by who watches."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from athena.dispatcher.views import Views
from athena.models import Description, Health, ServiceSettings, ServiceView


class Stub:
    """A service that is asked for its view."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked = 0
        self.ready = True

    def view(self) -> ServiceView:
        self.asked += 1
        return ServiceView(self.name, Description(), Health(self.ready), ServiceSettings(self.name))


async def test_a_snapshot_is_made_once_and_cannot_be_changed() -> None:
    stub: Any = Stub("a")
    views = Views({"a": stub})
    assert views.latest() is views.latest()
    assert stub.asked == 1
    with pytest.raises(TypeError):
        views.latest()["b"] = views.latest()["a"]  # type: ignore[index]


async def test_who_watches_sees_now_and_after_the_change() -> None:
    stub: Any = Stub("a")
    views = Views({"a": stub})
    watching = views.watch()
    assert (await asyncio.wait_for(anext(watching), 1))["a"].health.ready
    stub.ready = False
    views.changed()
    assert not (await asyncio.wait_for(anext(watching), 1))["a"].health.ready
    await watching.aclose()  # type: ignore[attr-defined]


async def test_services_that_come_later_are_seen() -> None:
    services: dict[str, Any] = {}
    views = Views(services)
    assert not views.latest()
    services["late"] = Stub("late")
    views.changed()
    assert set(views.latest()) == {"late"}


async def test_whoever_leaves_is_ready_no_more_and_everybody_watching_is_told() -> None:
    stub: Any = Stub("s")
    views = Views({"s": stub})
    watching = views.watch()
    assert (await asyncio.wait_for(watching.__anext__(), 5))["s"].health.ready
    views.leave("the server goes")
    health = (await asyncio.wait_for(watching.__anext__(), 5))["s"].health
    assert (health.ready, health.reason) == (False, "the server goes")
    await watching.aclose()
