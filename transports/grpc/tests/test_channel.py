"""The client end: what it refuses, what it sends, what it makes of being stopped."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.models import ChannelOptions, Part, Reply, Request
from athena.testing.bounded import eventually
from athena_transport_grpc.channel import GrpcChannel, divided

if TYPE_CHECKING:
    from conftest import Served

REQUEST = Request("standin", parts=(Part("a", b"1"),))


@pytest.mark.parametrize("url", ["grpc://", "grpc://host", "http://host:1", "grpc:host:1"])
def test_a_url_that_names_no_port_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected grpc://HOST:PORT"):
        GrpcChannel(url, ChannelOptions())


def test_headers_that_metadata_cannot_carry_go_another_way() -> None:
    metadata, rest = divided(
        {"Authorization": "Bearer x", "x-name": "Jürgen", "x y": "1", "x-bin": "raw", "grpc-timeout": "1S", "te": "t"}
    )
    assert metadata == (("authorization", "Bearer x"),)
    assert rest == {"x-name": "Jürgen", "x y": "1", "x-bin": "raw"}


async def test_every_header_arrives(served: Served) -> None:
    seen: list[Request] = []

    async def once(request: Request) -> Reply:
        seen.append(request)
        return Reply()

    served.dispatcher.once = once  # type: ignore[method-assign]
    channel = GrpcChannel(served.url, ChannelOptions({"x-key": "k", "x-channel": "ü"}))
    await channel.start()
    await channel.once(Request("s", headers={"x-call": "ö", "x-key": "other"}))
    await channel.stop()
    assert {"x-key": "other", "x-channel": "ü", "x-call": "ö"}.items() <= dict(seen[0].headers).items()
    assert served.dispatcher.attempts[0].headers["x-key"] == "other"


async def test_nobody_there_is_unavailable_and_said_in_time() -> None:
    channel = GrpcChannel("grpc://127.0.0.1:1", ChannelOptions(timeout=0.3))
    began = time.monotonic()
    with pytest.raises(ServiceError, match=r"no answer within 0\.3 s") as caught:
        await channel.start()
    assert caught.value.fault is Fault.UNAVAILABLE
    assert time.monotonic() - began < 5
    assert not channel.health().ready


async def test_any_certificate_cannot_be_trusted_and_that_is_said() -> None:
    with pytest.raises(ServiceError, match="path of the server's own"):
        await GrpcChannel("grpcs://127.0.0.1:1", ChannelOptions(verify=False)).start()


async def test_a_deadline_that_has_passed_is_not_even_sent(served: Served) -> None:
    channel = GrpcChannel(served.url, ChannelOptions())
    await channel.start()
    late = Request("standin", deadline=time.monotonic() - 1)
    with pytest.raises(ServiceError) as caught:
        await channel.once(late)
    assert (caught.value.fault, caught.value.executed) == (Fault.DEADLINE, Executed.NO)
    with pytest.raises(ServiceError):
        await channel.stream(late).__anext__()
    assert served.dispatcher.attempts == []
    await channel.stop()


async def test_what_runs_when_it_is_stopped_ends_with_a_fault_and_later_calls_too(served: Served) -> None:
    async def once(request: Request) -> Reply:
        await asyncio.Event().wait()
        return Reply()

    served.dispatcher.once = once  # type: ignore[method-assign]
    channel = GrpcChannel(served.url, ChannelOptions())
    await channel.start()
    assert channel.health().ready
    call = asyncio.ensure_future(channel.once(REQUEST))
    await eventually(lambda: bool(served.dispatcher.attempts), "the call arrived")
    await channel.stop()
    await channel.stop()
    with pytest.raises(ServiceError) as caught:
        await asyncio.wait_for(call, 5)
    assert (caught.value.fault, caught.value.executed) == (Fault.CANCELLED, Executed.UNKNOWN)
    for late in (channel.once(REQUEST), channel.describe("standin"), channel.open(REQUEST)):
        with pytest.raises(ServiceError) as caught:
            await late
        assert caught.value.fault is Fault.UNAVAILABLE


async def test_too_large_is_told_before_it_is_sent(served: Served) -> None:
    channel = GrpcChannel(served.url, ChannelOptions(max_message=1000))
    await channel.start()
    with pytest.raises(ServiceError) as caught:
        await channel.once(Request("s", parts=(Part("a", bytes(3000)),)))
    assert (caught.value.fault, served.dispatcher.attempts) == (Fault.TOO_LARGE, [])
    await channel.stop()


async def test_a_server_that_dies_leaves_it_open_whether_the_wrapper_ran(served: Served) -> None:
    async def once(request: Request) -> Reply:
        await asyncio.Event().wait()
        return Reply()

    served.dispatcher.once = once  # type: ignore[method-assign]
    channel = GrpcChannel(served.url, ChannelOptions())
    await channel.start()
    call = asyncio.ensure_future(channel.once(REQUEST))
    await eventually(lambda: bool(served.dispatcher.attempts), "the call arrived")
    await served.server.stop()
    with pytest.raises(ServiceError) as caught:
        await asyncio.wait_for(call, 10)
    assert caught.value.executed is Executed.UNKNOWN
    assert caught.value.fault in (Fault.WORKER_LOST, Fault.CANCELLED, Fault.UNAVAILABLE)
    await channel.stop()
