"""Plain calls: answered in the connection's own task, and everything else is aiohttp's, on the same connection too."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from athena_transport_http import plain
from athena_transport_http.connection import Connection
from athena_transport_http.heads import Post
from athena_transport_http.plain import PlainConnection

from .conftest import Serve, There

DOCUMENT = b'{"payload":{"text":{"status":3,"text":"aGk="}}}'


def post(body: bytes = DOCUMENT, path: str = "/talk", *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def statuses(said: bytes) -> list[int]:
    return [int(piece.split()[0]) for piece in said.split(b"HTTP/1.1 ")[1:]]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was answered as a plain call."""
    seen: list[bytes] = []
    answered = PlainConnection._answered

    async def count(self: PlainConnection, request: Post) -> bool:
        seen.append(request.raw_path.encode())
        return await answered(self, request)

    monkeypatch.setattr(PlainConnection, "_answered", count)
    return seen


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What went through the parser."""
    seen: list[bytes] = []
    received = Connection.data_received

    def note(self: Connection, data: bytes) -> None:
        seen.append(data)
        received(self, data)

    monkeypatch.setattr(Connection, "data_received", note)
    return seen


def test_the_installed_aiohttp_has_all_that_is_touched() -> None:
    assert plain._COMPATIBLE  # else every call takes the long way: right, and slower; see _NEEDED


async def test_calls_in_one_breath_are_answered_in_order_and_one_that_is_more_hands_the_connection_over(
    there: There, counted: list[bytes]
) -> None:
    events = post(DOCUMENT, "/talk", "Accept: text/event-stream")
    said = await there.speak(post() + post(path="/none"), post(), get("/livez"), events, post(path="/talk?do=x"),
                             get("/livez", "Connection: close"))  # fmt: skip
    assert statuses(said) == [200, 404, 200, 200, 200, 200, 200]
    assert counted == [b"/talk", b"/none", b"/talk"]


async def test_a_head_that_was_read_before_is_not_parsed_again(
    there: There, counted: list[bytes], parsed: list[bytes]
) -> None:
    longer = DOCUMENT.replace(b"aGk=", b"dGhlcmU=")
    last = post(DOCUMENT, "/talk", "Connection: close")
    said = await there.speak(post(), post(), post(longer), post(path="/none"), post(), last, pause=0.05)
    assert statuses(said) == [200, 200, 200, 404, 200, 200]
    assert counted == [b"/talk", b"/talk", b"/talk", b"/none", b"/talk", b"/talk"]
    assert parsed == [post(), post(path="/none"), last]


@pytest.mark.parametrize("cut", [1, 30, 95, -10, -1])
async def test_once_a_request_came_in_pieces_everything_is_parsed(
    there: There, counted: list[bytes], parsed: list[bytes], cut: int
) -> None:
    whole = post()
    last = post(DOCUMENT, "/talk", "Connection: close")
    said = await there.speak(whole, whole, whole[:cut], whole[cut:], whole, whole + last, pause=0.05)
    assert statuses(said) == [200] * 6
    assert parsed == [whole, whole[:cut], whole[cut:], whole, whole + last]


async def test_requests_in_one_breath_are_parsed_and_answered_in_order(there: There, parsed: list[bytes]) -> None:
    document = {"parameter": {"talk": {"do": "deaf", "seconds": 0.2}}, "payload": {"a": {"status": 3, "plain": "x"}}}
    slow, last = post(json.dumps(document).encode()), post(path="/none")
    said = await there.speak(post(), slow, post(), last, post(DOCUMENT, "/talk", "Connection: close"), pause=0.05)
    assert statuses(said) == [200, 200, 200, 404, 200]
    assert slow not in parsed  # known
    assert parsed.count(post()) == 2  # one to learn its head, one that came while the slow one was answered


async def test_a_body_that_is_still_on_its_way_is_read_by_aiohttp(there: There, counted: list[bytes]) -> None:
    whole = post()
    said = await there.speak(post(), whole[:-10], whole[-10:] + post(DOCUMENT, "/talk", "Connection: close"), pause=0.1)
    assert statuses(said) == [200, 200, 200]
    assert counted == [b"/talk"]


async def test_a_connection_that_asks_to_be_closed_is_closed_behind_its_answer(
    there: There, counted: list[bytes]
) -> None:
    assert statuses(await there.speak(post(), post(DOCUMENT, "/talk", "Connection: close"))) == [200, 200]
    assert statuses(await there.speak(post().replace(b"HTTP/1.1", b"HTTP/1.0"))) == [200]
    assert counted == [b"/talk"] * 3


async def test_an_idle_connection_is_closed_after_its_time(serve: Serve) -> None:
    async with serve(idle_timeout=0.3) as there:
        began = time.monotonic()
        assert statuses(await there.speak(post())) == [200]  # speak reads until the server closes
        assert time.monotonic() - began >= 0.3


async def test_a_client_that_goes_cancels_its_call(there: There) -> None:
    document = {"parameter": {"talk": {"do": "sleep", "seconds": 30}}, "payload": {"a": {"status": 3, "plain": "x"}}}
    _, writer = await asyncio.open_connection("127.0.0.1", there.port)
    writer.write(post(json.dumps(document).encode()))
    await asyncio.sleep(0.2)
    writer.transport.abort()
    for _ in range(100):
        if b'athena_cancelled_total{service="talk",transport="http"} 1' in (await there.get("/metrics"))[2]:
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("nobody was told that the client has gone")


async def test_a_call_under_way_is_answered_while_the_server_drains(serve: Serve) -> None:
    document = {"parameter": {"talk": {"do": "deaf", "seconds": 0.5}}, "payload": {"a": {"status": 3, "plain": "x"}}}
    async with serve() as there:
        reader, writer = await asyncio.open_connection("127.0.0.1", there.port)
        idle, _ = await asyncio.open_connection("127.0.0.1", there.port)
        writer.write(post(json.dumps(document).encode()))
        await asyncio.sleep(0.1)
    said = await asyncio.wait_for(reader.read(), 5)
    assert statuses(said) == [200]
    assert b"Connection: close" in said
    assert await asyncio.wait_for(idle.read(), 5) == b""
    writer.close()
