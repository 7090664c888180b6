"""Resources as a curl user has them, and the client's end of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio

from athena import start
from athena.errors import Fault
from athena.models import ChannelOptions, Document, Part, Resource
from athena.testing.bounded import refused
from athena_transport_http.channel import HttpChannel
from athena_transport_http.resources import HttpResources

TOML = """
[services.kept]
wrapper = "athena.testing.probe:ResourceProbe"
executor = "thread"
[transports.http]
port = 0
"""


class Site:
    """A kernel's resources by URL."""

    def __init__(self, url: str, client: aiohttp.ClientSession) -> None:
        self.base = url
        self.url = f"{url}/v1/services/kept/resources"
        self.client = client

    async def ask(
        self, method: str, path: str = "", body: object = None, **headers: str
    ) -> tuple[int, dict[str, object]]:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.request(method, self.url + path, data=body, headers=told) as response:
            if response.status == 204:
                return 204, {}
            return response.status, await response.json(content_type=None)


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    async with start(Document(TOML)) as kernel, aiohttp.ClientSession() as client:
        yield Site(kernel.endpoints[0].url, client)


async def named(site: Site, name: str) -> tuple[int, str]:
    url = f"{site.base}/v1/private/kept?do=held&res_id={name}"
    async with site.client.post(url, data=b"", headers={"Content-Type": "application/octet-stream"}) as response:
        return response.status, await response.text()


async def test_a_body_is_put_listed_named_and_deleted(site: Site) -> None:
    status, told = await site.ask("PUT", "/ann:1?language=de&key=words", b"gr", Content_Type="text/plain")
    assert (status, told["id"], told["size"], told["users"]) == (200, "ann:1", 2, 0)
    assert await site.ask("GET") == (200, {"resources": [told]})
    assert await site.ask("GET", "/ann:1") == (200, told)
    status, text = await named(site, "ann:1")
    assert status == 200
    assert "ann:1" in text
    assert await site.ask("DELETE", "/ann:1") == (204, {})
    assert await site.ask("GET") == (200, {"resources": []})
    assert (await named(site, "ann:1"))[0] == 404


async def test_a_form_has_several_parts(site: Site) -> None:
    form = aiohttp.FormData()
    form.add_field("model", b"\x00\x01", filename="model.bin", content_type="application/octet-stream")
    form.add_field("words", b"hello", filename="words.txt", content_type="text/plain")
    form.add_field("language", "de")
    status, told = await site.ask("PUT", "/both", form)
    assert (status, told["size"]) == (200, 7)


async def test_what_is_not_there_or_not_done_is_said(site: Site) -> None:
    assert (await site.ask("DELETE", "/nobody"))[0] == 404
    assert (await site.ask("GET", "/nobody"))[0] == 404
    assert (await site.ask("PUT", "", b"x", Content_Type="text/plain"))[0] == 405
    assert (await site.ask("POST", "/a", b"x", Content_Type="text/plain"))[0] == 405
    assert (await site.ask("PUT", "/a%3Bb", b"x", Content_Type="text/plain"))[0] == 400
    assert (await site.ask("PUT", "/a", b"x", Content_Type="what/ever"))[0] == 415
    assert await site.ask("GET") == (200, {"resources": []})


async def test_the_servers_document_tells_of_them(site: Site) -> None:
    async with site.client.get(f"{site.base}/openapi.json") as response:
        paths = (await response.json())["paths"]
    assert set(paths["/v1/services/{service}/resources/{id}"]) == {"put", "get", "delete"}


async def test_the_client_quotes_what_it_names(site: Site) -> None:
    channel = HttpChannel(site.base, ChannelOptions())
    await channel.start()
    try:
        assert isinstance(channel.resources, HttpResources)
        await refused(channel.resources.load("kept", Resource("a/b", (Part("x", b"1"),))), Fault.BAD_REQUEST)
        await refused(channel.resources.listed("a/b"), Fault.NOT_FOUND)
        await channel.resources.load("kept", Resource("a@b", (Part("x", b"1"),)))
        assert [one.id for one in await channel.resources.listed("kept")] == ["a@b"]
    finally:
        await channel.stop()
