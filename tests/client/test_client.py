"""A client finds its channel by the URL's scheme, and says what is installed where it finds none."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator
from typing import Any

import pytest

import athena
from athena import Part, Reply, Request, Wrapper, fields, hookimpl
from athena.client import Client, channel
from athena.errors import Fault, PluginMissing, ServiceError
from athena.interfaces import Channel, Session
from athena.models import ChannelOptions, Description, Document, Health, SessionContext, Stage
from athena.plugins import Catalog
from athena.testing import Loopback, LoopbackChannel
from athena.testing.bounded import refused


class Loud(Wrapper):
    """Answers loudly."""

    inputs = (fields.text("text"),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Any:
        if "items" in request.params:
            return (Reply((Part.from_text("n", str(number)),)) for number in range(3))
        return Reply((Part.from_text("text", request.part("text").text.upper()),))

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> object:
        return context

    @hookimpl
    def athena_session_write(self, session: SessionContext, request: Request) -> None:
        stage = Stage.END if request.ended else Stage.CONTINUE
        session.outbox.emit(Reply((Part.from_text("text", request.part("text").text.upper()),), stage))


@pytest.fixture
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback's channel under its scheme, as if it were installed."""
    real = Catalog.load

    def load(self: Catalog, group: str, name: str) -> Any:
        return LoopbackChannel if (group, name) == ("channels", "loopback") else real(self, group, name)

    monkeypatch.setattr(Catalog, "load", load)


def kernel() -> Any:
    document = Document("[transports.loopback]\n[services.loud]\nmax_sessions = 9\n")
    return athena.start(document, wrappers={"loud": Loud}, plugins={"transports.loopback": Loopback})


def said(text: str, stage: Stage = Stage.ONCE, **params: str) -> Request:
    return Request("", parts=(Part.from_text("text", text, stage),), params=params)


@pytest.mark.usefixtures("_loopback")
async def test_everything_a_channel_offers_has_a_name_people_use() -> None:
    async with kernel() as running, Client(running.endpoints[0].url) as client:
        assert (await client.once("loud", said("a"))).part("text").text == "A"
        items = [reply async for reply in client.stream("loud", said("a", items="3"))]
        assert [item.part("n").text for item in items] == ["0", "1", "2"]
        assert [field.key for field in (await client.describe("loud")).inputs] == ["text"]
        session = await client.open("loud")
        await session.write(said("b", Stage.BEGIN))
        assert (await session.read()).part("text").text == "B"
        await session.write(said("c", Stage.END))
        assert (await session.read()).stage is Stage.END
        await session.close()
        assert client.channel.health().ready
        await refused(client.once("nobody", said("a")), Fault.NOT_FOUND)


@pytest.mark.usefixtures("_loopback")
async def test_a_client_is_open_only_inside_its_with() -> None:
    client = Client("loopback://nowhere")
    with pytest.raises(RuntimeError, match=r"the client of loopback://nowhere is not open; use it in `async with`"):
        await client.once("loud", said("a"))
    async with kernel() as running:
        client = Client(running.endpoints[0].url)
        async with client:
            assert (await client.once("loud", said("a"))).parts
        with pytest.raises(RuntimeError):
            _ = client.channel


class Near(Channel):
    """A wire without another end: a client in a loop of its own cannot use the loopback of a kernel in another."""

    def __init__(self, url: str, options: ChannelOptions) -> None:
        self.url = url
        self.options = options
        self.stopped = False

    async def start(self) -> None:
        if "nobody" in self.url:
            raise ServiceError(Fault.UNAVAILABLE, "nobody is there")

    async def describe(self, service: str) -> Description:
        return Description(summary=service)

    async def once(self, request: Request) -> Reply:
        return Reply((Part.from_text("once", request.service),))

    async def stream(self, request: Request) -> AsyncGenerator[Reply, None]:
        for _ in range(3):
            yield Reply((Part.from_text("item", request.service),))

    async def open(self, request: Request, *, detached: bool = False, alias: str | None = None) -> Session:
        return Near.Talk(request)

    async def session(self, key: str) -> Session:
        raise NotImplementedError

    def health(self) -> Health:
        return Health(True)

    async def drain(self) -> None: ...

    async def stop(self) -> None:
        self.stopped = True

    class Talk(Session):
        """Answers what it is written."""

        closed = 0

        def __init__(self, request: Request) -> None:
            self.sid = request.service

        async def write(self, request: Request) -> None:
            self.parts = request.parts

        async def read(self, wait: float | None = None) -> Reply:
            return Reply(self.parts, Stage.END)

        async def close(self, reason: Fault | None = None) -> None:
            type(self).closed += 1


@pytest.fixture
def _near(monkeypatch: pytest.MonkeyPatch) -> None:
    """The channel ``near://``, as if it were installed."""
    monkeypatch.setattr(Catalog, "load", lambda self, group, name: Near)


@pytest.mark.usefixtures("_near")
def test_a_plain_script_calls_the_same_names_and_waits() -> None:
    with Client("near://x") as client:
        assert client.once("loud", said("a")).part("once").text == "loud"
        assert [reply.part("item").text for reply in client.stream("loud", said("a"))] == ["loud"] * 3
        assert client.describe("loud").summary == "loud"
        before = Near.Talk.closed
        with client.open("loud") as session:
            session.write(said("b", Stage.END))
            assert session.read().part("text").text == "b"
        assert Near.Talk.closed == before + 1
    assert not [thread for thread in threading.enumerate() if thread.name == "athena-loop"]


@pytest.mark.usefixtures("_near")
def test_a_client_that_cannot_connect_leaves_no_thread() -> None:
    with pytest.raises(ServiceError, match="nobody is there"), Client("near://nobody"):
        raise AssertionError("it connected to nobody")
    assert not [thread for thread in threading.enumerate() if thread.name == "athena-loop"]


def test_a_scheme_nobody_serves_is_answered_with_those_that_are() -> None:
    with pytest.raises(PluginMissing, match=r"channels\.gopher is not installed; installed: "):
        channel("gopher://127.0.0.1")


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "localhost", ""])
def test_a_url_without_a_scheme_says_what_one_looks_like(url: str) -> None:
    with pytest.raises(ValueError, match="has no scheme; expected scheme://host:port"):
        channel(url)


def test_a_scheme_is_the_same_in_any_case_and_options_are_handed_on() -> None:
    class Recorded:
        def __init__(self, url: str, options: ChannelOptions) -> None:
            self.made = (url, options)

    options = ChannelOptions(timeout=7.0)
    made: Any = channel("MINE://x", options, Catalog({"channels.mine": Recorded}))
    assert made.made == ("MINE://x", options)
