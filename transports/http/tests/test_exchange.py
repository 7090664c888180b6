"""What the client makes of servers that misbehave, are foreign, or are not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import pytest

from athena.errors import Executed, Fault, ServiceError
from athena.models import ChannelOptions, Part, Request
from athena_transport_http.channel import HttpChannel
from athena_transport_http.exchange import failure_of, spoken

Answering = Callable[..., AbstractAsyncContextManager[HttpChannel]]


@pytest.fixture
def answering() -> Answering:
    """A channel to a server that answers everything with the same bytes, and closes."""

    @asynccontextmanager
    async def run(answer: bytes | None, *, wait: float = 0.0) -> AsyncIterator[HttpChannel]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if answer is not None:
                await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(wait)
                writer.write(answer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        channel = HttpChannel(f"http://127.0.0.1:{port}", ChannelOptions(max_message=1000, timeout=2.0))
        await channel.start()
        try:
            yield channel
        finally:
            await channel.stop()
            server.close()

    return run


def http(status: int, body: bytes, *lines: str, kind: str = "application/json") -> bytes:
    more = "".join(f"{line}\r\n" for line in lines)
    head = f"HTTP/1.1 {status} Odd\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


async def failure(channel: HttpChannel, within: float | None = 5.0) -> ServiceError:
    deadline = None if within is None else asyncio.get_running_loop().time() + within
    with pytest.raises(ServiceError) as caught:
        await asyncio.wait_for(channel.once(Request("ocr", deadline=deadline)), 10)
    return caught.value


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (http(503, b"<html>upstream</html>", "Retry-After: 7", kind="text/html"), Fault.UNAVAILABLE),
        (http(502, b"", kind="text/plain"), Fault.WORKER_LOST),
        (http(404, b'{"message":"not found"}'), Fault.NOT_FOUND),
        (http(500, b'{"header":{"code":10163,"message":"bad","sid":"x"},"payload":null}'), Fault.BAD_REQUEST),
        (http(500, b"{", "x-athena-fault: QUOTA"), Fault.QUOTA),
        (http(302, b"", "Location: http://127.0.0.1:1/"), Fault.INTERNAL),
        (http(200, b'{"header":{"code":10110,"message":"full"}}'), Fault.OVERLOADED),
        (http(200, b"<html>"), Fault.BAD_REQUEST),
        (http(200, b" " * 3000), Fault.TOO_LARGE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", Fault.WORKER_LOST),
        (b"garbage\r\n\r\n", Fault.WORKER_LOST),
        (b"", Fault.WORKER_LOST),
    ],
)
async def test_every_strange_answer_is_a_service_error(answering: Answering, answer: bytes, fault: Fault) -> None:
    async with answering(answer) as channel:
        error = await failure(channel)
    assert error.fault is fault, error


async def test_a_proxys_retry_after_is_kept(answering: Answering) -> None:
    async with answering(http(503, b"busy", "Retry-After: 7", kind="text/plain")) as channel:
        assert (await failure(channel)).retry_after == 7.0


async def test_a_server_that_never_answers_is_given_up_soon_after_the_deadline(answering: Answering) -> None:
    async with answering(b"", wait=30.0) as channel:
        error = await failure(channel, within=0.1)
        assert (error.fault, error.executed) == (Fault.DEADLINE, Executed.UNKNOWN)


async def test_nobody_there_is_unavailable_and_the_channel_remembers() -> None:
    channel = HttpChannel("http://127.0.0.1:1", ChannelOptions(timeout=2.0))
    assert not channel.health().ready
    await channel.start()
    assert channel.health().ready
    error = await failure(channel)
    assert (error.fault, error.executed) == (Fault.UNAVAILABLE, Executed.NO)
    assert not channel.health().ready
    assert "nobody answers: 127.0.0.1:1: Connection refused" in channel.health().reason
    await channel.stop()
    assert (await failure(channel)).fault is Fault.UNAVAILABLE


async def test_what_http_cannot_carry_never_reaches_the_wire(answering: Answering) -> None:
    async with answering(http(200, b"{}")) as channel:
        await channel.once(Request("ocr", headers={"x-odd": "a\r\nb: c", "häder": "x", "host": "evil"}))
        with pytest.raises(ServiceError) as caught:
            await channel.once(Request("ocr", parts=(Part("a", attributes={"b": "\ud800"}),)))
    assert caught.value.fault is Fault.BAD_REQUEST


def test_only_headers_that_are_the_callers_own_are_sent_as_headers() -> None:
    given = {
        "x-own": "1",
        "Authorization": "Bearer x",
        "Host": "h",
        "content-length": "7",
        "Sec-Fetch-Site": "none",
        "x-line": "a\nb",
        "x-word": "grüße",
        "app_id": "1",
        "x-empty": "",
    }
    assert spoken(given) == {"x-own": "1", "Authorization": "Bearer x", "x-empty": ""}
    assert spoken({}) == {}


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (asyncio.TimeoutError(), Fault.DEADLINE),
        (RuntimeError("Session is closed"), Fault.UNAVAILABLE),
        (aiohttp.InvalidURL("x"), Fault.BAD_REQUEST),
        (aiohttp.ServerDisconnectedError(), Fault.WORKER_LOST),
        (ConnectionResetError(), Fault.WORKER_LOST),
    ],
)
def test_failures_of_the_wire_have_one_meaning_each(error: Exception, fault: Fault) -> None:
    assert failure_of(error).fault is fault
    assert failure_of(error).message
