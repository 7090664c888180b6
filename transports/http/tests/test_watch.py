"""The watch: one too many, who takes nothing, and who is not there any more."""

from __future__ import annotations

import asyncio
import json
import socket

import aiohttp

from .conftest import Serve


async def test_one_connection_too_many_is_told_so(serve: Serve) -> None:
    async with serve(max_connections=2) as there:
        held = [await asyncio.open_connection("127.0.0.1", there.port) for _ in range(2)]
        await asyncio.sleep(0.05)
        answer = await there.speak(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"Retry-After: 1" in answer
        for _, writer in held:
            writer.close()
            await writer.wait_closed()
        await asyncio.sleep(0.1)
        answer = await there.speak(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")


async def test_an_address_may_not_take_every_connection(serve: Serve) -> None:
    async with serve(max_connections_per_address=1) as there:
        _, writer = await asyncio.open_connection("127.0.0.1", there.port)
        await asyncio.sleep(0.05)
        assert (await there.speak(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")).startswith(b"HTTP/1.1 503")
        writer.close()


async def test_a_client_that_takes_nothing_of_its_reply_is_cut_off(serve: Serve) -> None:
    async with serve(send_timeout=1.0) as there:
        greedy = socket.create_connection(("127.0.0.1", there.port))
        body = json.dumps({"parameter": {"talk": {"do": "large", "size": "20000000"}}}).encode()
        head = "POST /talk HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        greedy.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        greedy.setblocking(False)
        await asyncio.sleep(4.5)
        loop, got = asyncio.get_running_loop(), 0
        try:
            while piece := await asyncio.wait_for(loop.sock_recv(greedy, 1 << 20), 5):
                got += len(piece)
        except ConnectionError:
            pass
        greedy.close()
        assert got < 20_000_000, "it was not given the rest after it had taken nothing for so long"


async def test_a_websocket_whose_client_is_silent_is_pinged_and_one_that_is_gone_is_closed(serve: Serve) -> None:
    async with serve(ping_interval=0.5) as there:
        url = f"ws://127.0.0.1:{there.port}/talk"
        async with there.client.ws_connect(url, autoping=False) as deaf, there.client.ws_connect(url) as alive:
            for each in (deaf, alive):
                await each.send_str('{"payload":{"data":{"plain":"x","status":0}}}')
                for _ in range(2):
                    await asyncio.wait_for(each.receive(), 5)
            hears = asyncio.ensure_future(alive.receive())
            assert (await asyncio.wait_for(deaf.receive(), 5)).type is aiohttp.WSMsgType.PING
            while (message := await asyncio.wait_for(deaf.receive(), 10)).type is aiohttp.WSMsgType.PING:
                pass
            assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSE)
            assert not hears.done(), "a client that answers pings stays"
            hears.cancel()
