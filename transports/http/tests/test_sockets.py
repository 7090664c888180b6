"""Sessions over WebSocket, spoken by another library than the one that serves them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from .conftest import Serve, There


@asynccontextmanager
async def spoken(there: There, path: str = "/v1/private/talk", **options: Any) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://127.0.0.1:{there.port}{path}", open_timeout=5, close_timeout=2, **options) as client:
        yield client


async def told(client: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(client.recv(), 5))


def frame(text: str = "", status: int | None = None, **header: object) -> str:
    document: dict[str, Any] = {"header": header} if header else {}
    if text or status is not None:
        document["payload"] = {"data": {"plain": text, **({} if status is None else {"status": status})}}
    return json.dumps(document)


async def closed(client: ClientConnection) -> tuple[int, str]:
    """(code, reason) of the server's close."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await asyncio.wait_for(client.recv(), 5)
    return client.close_code or 0, client.close_reason or ""


async def test_a_session_from_its_first_frame_to_its_last(there: There) -> None:
    async with spoken(there) as client:
        await client.send(frame("a", 0, app_id="1"))
        first = await told(client)
        assert (first["header"]["code"], first["header"]["status"], first["payload"]) == (0, 0, {})
        sid = first["header"]["sid"]
        answer = await told(client)
        assert (answer["payload"]["data"], answer["header"]["sid"]) == ({"status": 0, "plain": "a"}, sid)
        await client.send(frame("b"))
        assert (await told(client))["payload"]["data"]["status"] == 1
        await client.send(frame("c", 2))
        last = await told(client)
        assert (last["header"]["status"], last["payload"]["data"]["plain"]) == (2, "c")
        assert (await closed(client))[0] == 1000


async def test_the_first_frame_may_be_the_only_one(there: There) -> None:
    async with spoken(there) as client:
        await client.send(frame("a", 2))
        assert (await told(client))["header"]["status"] == 0
        assert (await told(client))["header"]["status"] == 2


async def test_a_last_frame_without_content_keeps_its_streams_kind(there: There) -> None:
    async with spoken(there) as client:
        await client.send('{"payload":{"d":{"audio":"eA==","status":0}}}')
        await told(client)
        await told(client)
        await client.send('{"payload":{"d":{"status":2}}}')
        assert (await told(client))["payload"]["d"] == {"status": 2, "audio": ""}


async def test_status_2_in_the_header_half_closes(there: There) -> None:
    async with spoken(there) as client:
        await client.send(frame("a", 0))
        await told(client)
        await told(client)
        await client.send('{"header":{"status":2}}')
        assert (await told(client))["header"]["status"] == 2


REFUSED = [
    ("not json", 1000, "BAD_REQUEST"),
    ('{"payload":{"d":{"image":"***"}}}', 1000, "BAD_REQUEST"),
    (b"binary", 1000, "BAD_REQUEST"),
    ('{"parameter":{"talk":{"do":"refuse"}},"payload":{"d":{"plain":"x"}}}', 1000, "USER_ERROR"),
]


@pytest.mark.parametrize(("sent", "code", "fault"), REFUSED)
async def test_a_fault_is_an_error_frame_and_a_close_code(
    there: There, sent: str | bytes, code: int, fault: str
) -> None:
    async with spoken(there) as client:
        await client.send(sent)
        header = (await told(client))["header"]
        while header["code"] == 0:
            header = (await told(client))["header"]
        assert (header["fault"], header["message"] != "") == (fault, True)
        assert "executed" in header
        assert await closed(client) == (code, fault)


async def test_an_unknown_service_is_closed_with_its_own_code(there: There) -> None:
    async with spoken(there, "/nowhere") as client:
        await client.send(frame("a"))
        assert (await told(client))["header"]["fault"] == "NOT_FOUND"
        assert (await closed(client))[0] == 4404


async def test_bad_utf8_is_1007(there: There) -> None:
    async with spoken(there) as client:
        await client.send(b'{"header":{"a":"\xff"}}', text=True)
        assert (await closed(client))[0] == 1007


async def test_a_frame_beyond_the_limits_is_1009(serve: Serve) -> None:
    async with serve(limits={"max_message": 1000}) as there:
        for size in (1500, 100_000):
            async with spoken(there, compression=None) as client:
                await client.send(frame("x" * size))
                assert (await closed(client))[0] == 1009


async def test_a_bomb_of_zeros_is_1009_and_folded_frames_are_understood(serve: Serve) -> None:
    async with serve(limits={"max_message": 100_000}) as there:
        async with spoken(there) as client:
            assert client.response is not None
            assert "permessage-deflate" in client.response.headers["Sec-WebSocket-Extensions"]
            await client.send(frame("x" * 50_000, 2))
            await told(client)
            assert len((await told(client))["payload"]["data"]["plain"]) == 50_000
        async with spoken(there) as client:
            await client.send("0" * 50_000_000)
            assert (await closed(client))[0] == 1009


async def test_without_compress_none_is_agreed_on(serve: Serve) -> None:
    async with serve(compress=False) as there, spoken(there) as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers


async def test_who_says_nothing_after_the_upgrade_is_let_go(serve: Serve) -> None:
    async with serve(body_timeout=0.3) as there, spoken(there) as client:
        assert (await told(client))["header"]["fault"] == "DEADLINE"


async def test_a_handshake_that_is_none_is_refused(there: There) -> None:
    for lines in ("Connection: Upgrade, close\r\n", "Connection: Upgrade, close\r\nSec-WebSocket-Version: 12\r\n"):
        answer = await there.speak(
            f"GET /talk HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n{lines}\r\n".encode(), within=5
        )
        assert answer.startswith(b"HTTP/1.1 400")
        assert b"x-athena-message" in answer


async def test_a_page_of_another_origin_is_refused_before_the_upgrade(there: There) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with spoken(there, origin="http://evil.example"):
            pass
    assert caught.value.response.status_code == 403


async def test_draining_is_told_to_open_sessions_and_refuses_new_ones(serve: Serve) -> None:
    async with serve(drain_timeout=3.0) as there, spoken(there) as client:
        await client.send(frame("a", 0))
        await told(client)
        await told(client)
        stopping = asyncio.ensure_future(there.kernel.stop())
        notice = await told(client)
        assert notice["header"]["attributes"] == {"event": "draining"}
        with pytest.raises(InvalidStatus) as caught:
            async with spoken(there):
                pass
        assert caught.value.response.status_code == 503
        await client.send(frame("b", 2))
        assert (await told(client))["header"]["status"] == 2
        await asyncio.wait_for(stopping, 10)


async def test_a_session_that_the_server_ends_is_closed_with_1012(serve: Serve) -> None:
    async with serve(drain_timeout=0.2) as there, spoken(there) as client:
        await client.send(frame("a", 0))
        stopping = asyncio.ensure_future(there.kernel.stop())
        assert (await closed(client))[0] == 1012
        await asyncio.wait_for(stopping, 10)
