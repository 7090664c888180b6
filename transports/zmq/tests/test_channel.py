"""The client end: what it refuses, what it sends, and keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zmq

from athena.errors import Fault, ServiceError
from athena.models import ChannelOptions, Part, Reply, Request
from athena.section import Secret
from athena_proto.native import LARGE
from athena_transport_zmq.channel import ZmqChannel

if TYPE_CHECKING:
    from conftest import Serve, Served

REQUEST = Request("standin", parts=(Part("a", b"1"),))


@pytest.mark.parametrize("url", ["zmq://", "zmq://host", "tcp://host:1", "zmq:host:1"])
def test_a_url_that_names_no_port_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected zmq://HOST:PORT"):
        ZmqChannel(url, ChannelOptions())


async def test_every_header_arrives_before_the_message(served: Served) -> None:
    seen: list[Request] = []

    async def once(request: Request) -> Reply:
        seen.append(request)
        return Reply()

    served.dispatcher.once = once  # type: ignore[method-assign]
    channel = ZmqChannel(served.url, ChannelOptions({"X-Key": "k", "x-channel": "ü"}))
    await channel.start()
    await channel.once(REQUEST)
    await channel.once(Request("s", headers={"x-call": "ö", "x-key": "other"}))
    await channel.stop()
    assert served.dispatcher.attempts[0].headers == {"x-key": "k", "x-channel": "ü"}
    assert seen[1].headers["x-call"] == served.dispatcher.attempts[1].headers["x-call"] == "ö"


async def test_large_data_go_and_come_beside_the_message(served: Served) -> None:
    channel = ZmqChannel(served.url, ChannelOptions())
    await channel.start()
    parts = tuple(Part(f"p{number}", bytes([number]) * (LARGE if number % 2 else 10)) for number in range(8))
    reply = await channel.once(Request("standin", parts=parts))
    assert [(part.key, bytes(part.data)) for part in reply.parts] == [(part.key, part.data) for part in parts]
    await channel.stop()


async def test_too_large_is_told_before_it_is_sent(served: Served) -> None:
    channel = ZmqChannel(served.url, ChannelOptions(max_message=1000))
    await channel.start()
    with pytest.raises(ServiceError) as caught:
        await channel.once(Request("s", parts=(Part("a", bytes(3000)),)))
    assert (caught.value.fault, served.dispatcher.attempts) == (Fault.TOO_LARGE, [])
    await channel.stop()


async def test_a_stopped_channel_says_so(served: Served) -> None:
    channel = ZmqChannel(served.url, ChannelOptions())
    assert not channel.health().ready
    await channel.start()
    assert channel.health().ready
    await channel.stop()
    await channel.stop()
    assert "stopped" in channel.health().reason
    for call in (channel.once(REQUEST), channel.describe("standin"), channel.open(REQUEST)):
        with pytest.raises(ServiceError) as caught:
            await call
        assert caught.value.fault is Fault.UNAVAILABLE


async def test_with_curve_only_known_keys_come_in(serve: Serve, tmp_path: Path) -> None:
    server_public, server_secret = zmq.curve_keypair()
    public, secret = zmq.curve_keypair()
    (tmp_path / "mine").write_bytes(secret + b"\n")
    served = await serve(curve_secret_key=Secret(server_secret.decode()), curve_clients=[public.decode()])
    known = ZmqChannel(f"{served.url}?key={tmp_path / 'mine'}", ChannelOptions(verify=server_public.decode()))
    await known.start()
    assert (await known.once(REQUEST)).parts[0].data == b"1"
    await known.stop()
    stranger = ZmqChannel(served.url, ChannelOptions(verify=server_public.decode(), timeout=2.0))
    with pytest.raises(ServiceError) as caught:
        await stranger.start()
    assert caught.value.fault is Fault.UNAUTHENTICATED
    plain = ZmqChannel(served.url, ChannelOptions(timeout=0.3))
    with pytest.raises(ServiceError) as caught:
        await plain.start()
    assert caught.value.fault is Fault.UNAVAILABLE
    assert [attempt.operation for attempt in served.dispatcher.attempts] == ["once"]


async def test_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("not a key")
    for verify in (str(tmp_path / "short"), str(tmp_path / "missing"), '"' * 40):
        with pytest.raises(ValueError, match="CURVE key"):
            await ZmqChannel("zmq://127.0.0.1:1", ChannelOptions(verify=verify)).start()
