"""The watch: one too many, who takes nothing, and who is not there any more."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time

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


async def test_a_server_that_was_held_up_cuts_off_nobody_whom_it_has_not_asked(serve: Serve) -> None:
    async with serve(ping_interval=0.2) as there, there.client.ws_connect(f"ws://127.0.0.1:{there.port}/talk") as alive:
        for number in range(2):
            await alive.send_json({"payload": {"data": {"plain": "x", "status": number}}})
            for _ in range(2 if number == 0 else 1):  # the sid comes first
                assert (await asyncio.wait_for(alive.receive(), 5)).type is aiohttp.WSMsgType.TEXT
            time.sleep(1.2)  # noqa: ASYNC251  # the loop is what is held up: six intervals, without a ping
            listens = asyncio.ensure_future(alive.receive())  # and answers pings
            await asyncio.sleep(0.1)
            assert not listens.done()
            listens.cancel()
            await asyncio.wait([listens])


async def test_a_client_that_takes_a_long_reply_slowly_and_says_nothing_is_there(serve: Serve) -> None:
    size = 12_000_000
    asked = ('{"payload":{"data":{"plain":"%s","status":0}}}' % ("x" * size)).encode()
    async with serve(ping_interval=0.2) as there:
        loop, slow = asyncio.get_running_loop(), socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        slow.setblocking(False)
        await loop.sock_connect(slow, ("127.0.0.1", there.port))
        opening = "GET /talk HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        await loop.sock_sendall(
            slow,
            f"{opening}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n\r\n".encode()
            + struct.pack(">BBQI", 0x81, 0xFF, len(asked), 0)  # a mask of zeros is one
            + asked,
        )
        got = len(await asyncio.wait_for(loop.sock_recv(slow, size // 50), 10))
        began = time.monotonic()
        while got < size:
            piece = await asyncio.wait_for(loop.sock_recv(slow, size // 50), 10)
            assert piece, f"cut off behind {got} bytes"
            got += len(piece)
            await asyncio.sleep(max(0.0, began + 4.0 * got / size - time.monotonic()))
        slow.close()
