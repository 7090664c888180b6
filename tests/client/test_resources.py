"""A client's resources: awaited or waited for, and a wire without them says so."""

from __future__ import annotations

import asyncio

import pytest

import athena
from athena.client import Client
from athena.client.resources import ClientResources
from athena.errors import Fault, ServiceError
from athena.interfaces import Channel
from athena.models import Document, Part, Request, Resource
from athena.testing.bounded import refused

TOML = """
[services.kept]
wrapper = "athena.testing.probe:ResourceProbe"
executor = "thread"
[transports.http]
port = 0
"""
A = Resource("a", (Part("x", b"12"),), {"k": "v"})


async def test_it_loads_lists_names_and_unloads() -> None:
    async with athena.start(Document(TOML)) as kernel, Client(kernel.endpoints[0].url) as client:
        await client.resources.load("kept", A)
        assert [(one.id, one.size) for one in await client.resources.listed("kept")] == [("a", 2)]
        reply = await client.once("kept", Request("", params={"do": "held", "res_id": "a"}))
        assert reply.part("x").tobytes() == b"12"
        await client.resources.unload("kept", "a")
        await refused(client.resources.unload("kept", "a"), Fault.NOT_FOUND)


def test_a_script_waits() -> None:
    with athena.start(Document(TOML)) as kernel, Client(kernel.endpoints[0].url) as client:
        client.resources.load("kept", A)
        assert [one.id for one in client.resources.listed("kept")] == ["a"]
        client.resources.unload("kept", "a")
        assert client.resources.listed("kept") == ()


def test_a_wire_that_carries_none_says_so() -> None:
    class Bare(Channel):
        pass

    with pytest.raises(ServiceError, match="carries no resources") as caught:
        asyncio.run(ClientResources(lambda: Bare()).listed("kept"))  # type: ignore[abstract]
    assert caught.value.fault is Fault.UNSUPPORTED
