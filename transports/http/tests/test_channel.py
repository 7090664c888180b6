"""The channel as a client of any kernel: URLs, what it sends, what it gives back."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from athena.errors import Fault, ServiceError
from athena.models import ChannelOptions, Part, Request
from athena_transport_http.channel import HttpChannel

from .conftest import There


@pytest.mark.parametrize("url", ["127.0.0.1:80", "ftp://x", "http://", "grpc://x:1", ""])
def test_a_url_that_is_none_of_ours_is_refused_with_what_is(url: str) -> None:
    with pytest.raises(ValueError, match="expected http://"):
        HttpChannel(url, ChannelOptions())


async def test_before_its_start_it_reaches_nobody() -> None:
    channel = HttpChannel("http://127.0.0.1:1", ChannelOptions())
    with pytest.raises(ServiceError, match="not started") as caught:
        await channel.once(Request("talk"))
    assert caught.value.fault is Fault.UNAVAILABLE
    await channel.drain()
    await channel.stop()


async def test_parameters_headers_and_the_channels_own_headers_arrive(there: There) -> None:
    channel = HttpChannel(there.url + "/behind/a/proxy/", ChannelOptions(headers={"x-key": "k"}))
    await channel.start()
    request = Request("talk", params={"do": "see", "word": "grüße"}, headers={"app_id": "1", "x-own": "2"})
    reply = await channel.once(request)
    params, headers = json.loads(reply.part("seen").text)
    assert params == {"do": "see", "word": "grüße"}
    assert headers == {"app_id": "1", "x-own": "2"}
    await channel.stop()


async def test_a_service_whose_name_needs_quoting_is_asked_for_by_its_name(there: There) -> None:
    channel = HttpChannel(there.url, ChannelOptions())
    await channel.start()
    for call in (channel.once(Request("a/b c?d#é")), channel.describe("a/b c?d#é")):
        with pytest.raises(ServiceError, match="a/b c") as caught:
            await call
        assert caught.value.fault is Fault.NOT_FOUND
    await channel.stop()


async def test_draining_waits_for_what_is_under_way(there: There) -> None:
    channel = HttpChannel(there.url, ChannelOptions())
    await channel.start()
    began = time.monotonic()
    call = asyncio.ensure_future(channel.once(Request("talk", params={"do": "deaf", "seconds": "0.3"})))
    await asyncio.sleep(0.1)
    await asyncio.wait_for(channel.drain(), 5)
    assert call.done() or time.monotonic() - began >= 0.29
    await call
    await channel.stop()


async def test_a_session_is_opened_without_parts(there: There) -> None:
    channel = HttpChannel(there.url, ChannelOptions())
    await channel.start()
    with pytest.raises(ServiceError, match="without parts"):
        await channel.open(Request("talk", parts=(Part("a"),)))
    await channel.stop()


async def test_the_description_is_the_services_own(there: There) -> None:
    channel = HttpChannel(there.url, ChannelOptions())
    await channel.start()
    description = await channel.describe("talk")
    assert (description.version, "session" in description.operations) == ("7", True)
    await channel.stop()
