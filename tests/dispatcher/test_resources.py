"""Resources at the door: who may, and what there is to take them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

import athena
from athena.errors import Fault
from athena.interfaces import Dispatcher
from athena.kernel import Kernel
from athena.models import ANONYMOUS, Document, Part, Principal, Request, Resource, ServiceSettings
from athena.testing.bounded import refused

A = Resource("a", (Part("x", b"12"),))
TOML = """
[kernel.limits]
max_message = 100
[services.kept]
wrapper = "athena.testing.probe:ResourceProbe"
executor = "thread"
[services.plain]
wrapper = "athena.testing.probe:Probe"
executor = "thread"
"""


@pytest_asyncio.fixture
async def kernel() -> AsyncIterator[Kernel]:
    async with athena.start(Document(TOML, "1", "aiges.toml")) as running:
        yield running


async def each(door: Dispatcher, service: str, principal: Principal, fault: Fault) -> None:
    """All three are refused alike."""

    async def listed() -> object:
        return door.resources(service, principal)

    await refused(door.load(service, A, principal), fault)
    await refused(door.unload(service, "a", principal), fault)
    await refused(listed(), fault)


async def test_who_may_not_use_a_service_may_not_see_its_resources(kernel: Kernel) -> None:
    await each(kernel.dispatcher, "kept", Principal("ann", "jwt", frozenset({"plain"})), Fault.FORBIDDEN)
    ann = Principal("ann", "jwt", frozenset({"kept"}))
    await kernel.dispatcher.load("kept", A, ann)
    assert [view.id for view in kernel.dispatcher.resources("kept", ann)] == ["a"]


async def test_what_takes_none_says_why(kernel: Kernel) -> None:
    await each(kernel.dispatcher, "plain", ANONYMOUS, Fault.UNSUPPORTED)
    await each(kernel.dispatcher, "none", ANONYMOUS, Fault.NOT_FOUND)
    await each(kernel.dispatcher, "", ANONYMOUS, Fault.NOT_FOUND)


async def test_a_request_to_a_wrapper_without_resources_may_name_what_it_likes(kernel: Kernel) -> None:
    await kernel.once("plain", Request("", params={"res_id": "whatever"}))


async def test_a_resource_is_as_large_as_a_message_and_no_larger(kernel: Kernel) -> None:
    await refused(kernel.dispatcher.load("kept", Resource("a", (Part("x", bytes(101)),)), ANONYMOUS), Fault.TOO_LARGE)
    await refused(kernel.dispatcher.load("kept", Resource("a", ()), ANONYMOUS), Fault.BAD_REQUEST)
    await kernel.dispatcher.load("kept", Resource("a", (Part("x", bytes(100)),)), ANONYMOUS)


async def test_a_service_that_is_not_there_any_more_takes_none(kernel: Kernel) -> None:
    door = kernel.dispatcher
    await kernel.stop()
    await each(door, "kept", ANONYMOUS, Fault.UNAVAILABLE)


async def test_the_bounds_are_the_services() -> None:
    assert ServiceSettings("s").max_resources == 64
    text = TOML.replace("[services.plain]", "max_resources = 0\n[services.plain]")
    async with athena.start(Document(text)) as kernel:
        await refused(kernel.dispatcher.load("kept", A, ANONYMOUS), Fault.OVERLOADED)
