"""WebSocket as two libraries speak it that share no line with the server's: Python's websockets, and npm's ws."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import struct
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from .conftest import Serve, There
from .test_sockets import frame, spoken, told

STREAMS = 1000
LIMIT = 100_000
CLIENT = Path(__file__).parent / "foreign" / "client.mjs"
CACHE = Path(__file__).parents[3] / ".cache" / "foreign"
VERSION = "8.18.3"
GREETING = "grüße 日本語 😀"


# --- Python's websockets ----------------------------------------------------------------------------------------------


async def test_a_frame_in_fragments_is_one_frame_wherever_it_is_cut(there: There) -> None:
    whole = frame(GREETING * 50, 2).encode()
    for size in (1, 7):
        async with spoken(there) as client:
            await client.send(_one_by_one([whole[at : at + size] for at in range(0, len(whole), size)]), text=True)
            await told(client)
            assert (await told(client))["payload"]["data"]["plain"] == GREETING * 50


async def _one_by_one(pieces: list[bytes]) -> Any:
    for piece in pieces:
        yield piece


async def test_a_ping_between_the_fragments_of_a_frame_is_answered_at_once(there: There) -> None:
    whole = frame(GREETING, 2).encode()
    async with spoken(there) as client:
        answered = asyncio.Event()

        async def pieces() -> Any:
            yield whole[:10]
            pong = await client.ping("between")
            await asyncio.wait_for(pong, 5)
            answered.set()
            yield whole[10:]

        await client.send(pieces(), text=True)
        assert answered.is_set()
        await told(client)
        assert (await told(client))["payload"]["data"]["plain"] == GREETING


async def test_a_thousand_sessions_on_as_many_sockets_lose_nothing(there: There) -> None:
    gate = asyncio.Semaphore(50)  # of handshakes: the listen queue of a small machine is short
    async with AsyncExitStack() as stack:

        async def opened() -> ClientConnection:
            async with gate:
                return await stack.enter_async_context(spoken(there, compression=None, ping_interval=None))

        clients = await asyncio.gather(*[opened() for _ in range(STREAMS)])
        for status in (0, 1, 2):  # all of them are open at the same time, and stay so
            await asyncio.gather(*[each.send(frame(f"{at}.{status}", status)) for at, each in enumerate(clients)])
        said = await asyncio.gather(*[_said(each) for each in clients])
    assert said == [[f"{at}.{status}" for status in (0, 1, 2)] for at in range(STREAMS)]


async def _said(client: ClientConnection) -> list[str]:
    answers = [json.loads(await asyncio.wait_for(client.recv(), 60)) for _ in range(4)]
    return [answer["payload"]["data"]["plain"] for answer in answers[1:]]


async def test_a_thousand_sessions_on_one_socket_lose_nothing(there: There) -> None:
    async with spoken(there, "/v1/private/talk?stream_mode=multiplex", ping_interval=None) as client:

        async def send() -> None:
            for status in (0, 1, 2):
                for cid in range(STREAMS):
                    await client.send(frame(f"{cid}.{status}", status, cid=cid))

        sending = asyncio.ensure_future(send())
        said: dict[int, list[str]] = {}
        for _ in range(4 * STREAMS):
            answer = json.loads(await asyncio.wait_for(client.recv(), 60))
            if answer["payload"]:
                said.setdefault(answer["header"]["cid"], []).append(answer["payload"]["data"]["plain"])
        await sending
    assert said == {cid: [f"{cid}.{status}" for status in (0, 1, 2)] for cid in range(STREAMS)}


# --- what no library sends --------------------------------------------------------------------------------------------


def raw(opcode: int, data: bytes, *, final: bool = True, reserved: int = 0) -> bytes:
    """One frame, right or wrong."""
    head = bytes((final << 7 | reserved << 4 | opcode,))
    length = len(data)
    size = bytes((128 | length,)) if length < 126 else struct.pack(">BH", 128 | 126, length)
    return head + size + b"\0\0\0\0" + data  # a mask of zeros is one


SPLIT = "ü".encode()
WRONG = {
    "a reserved bit": (raw(1, b"{}", reserved=4), 1002),
    "an unknown opcode": (raw(3, b"{}"), 1002),
    "an unknown control frame": (raw(11, b"{}"), 1002),
    "a ping in fragments": (raw(9, b"x", final=False), 1002),
    "a ping of 126 bytes": (raw(9, b"x" * 126), 1002),
    "a fragment that continues nothing": (raw(0, b"{}"), 1002),
    "a new frame inside another": (raw(1, b"{", final=False) + raw(1, b"}"), 1002),
    "half a letter": (raw(1, b'{"a":"' + SPLIT[:1] + b'"}'), 1007),
    "a surrogate": (raw(1, b'{"a":"\xed\xa0\x80"}'), 1007),
    "a close with half a code": (raw(8, b"\x03"), 1002),
    "a close with a code that is none": (raw(8, struct.pack(">H", 1005)), 1002),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_breaks_the_protocol_is_closed_with_its_code(there: There, what: str) -> None:
    sent, code = WRONG[what]
    reader, writer = await asyncio.open_connection("127.0.0.1", there.port)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /talk HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    writer.write(sent)
    while (head := await asyncio.wait_for(reader.readexactly(2), 10))[0] != 0x88:
        size = head[1] if head[1] < 126 else struct.unpack(">H", await reader.readexactly(2))[0]
        await reader.readexactly(size)
    assert struct.unpack(">H", await reader.readexactly(2))[0] == code
    writer.close()


# --- npm's ws ---------------------------------------------------------------------------------------------------------


async def _run(*command: str, within: float) -> str:
    env = {**os.environ, "NODE_NO_WARNINGS": "1"}
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=env
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), within)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, err.decode()[-2000:]
    return out.decode()


@pytest.fixture
async def library() -> Path:
    """Where npm has put ws; fetched once, and kept."""
    missing = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not found: nothing to run npm's ws with")
    place = CACHE / VERSION
    found = place / "node_modules" / "ws"
    if not (found / "package.json").is_file():
        place.mkdir(parents=True, exist_ok=True)
        options = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--no-package-lock")
        await _run("npm", "install", *options, "--prefix", str(place), f"ws@{VERSION}", within=120)
    return found


@pytest.mark.timeout(180)
async def test_npms_ws_is_served_as_the_protocol_says(serve: Serve, library: Path) -> None:
    async with serve(limits={"max_message": LIMIT}, ping_interval=1.0) as there:
        base = f"ws://127.0.0.1:{there.port}"
        said = await _run("node", str(CLIENT), str(library), base, str(STREAMS), str(3 * LIMIT), within=150)
        found: dict[str, Any] = json.loads(said)
    codes = {name: seen["code"] for name, seen in found.items() if isinstance(seen, dict)}
    assert codes == {
        "fragments": 1000, "pinged": 1000, "folded": 1000, "unfolded": 1000, "left": 1000, "nonsense": 1000,
        "binary": 1000, "nowhere": 4404, "oversize": 1009, "bomb": 1009, "letters": 1007,
    }  # fmt: skip
    assert (found["fragments"]["text"], found["fragments"]["pongs"]) == (True, 1)
    assert found["pinged"]["pongs"] == 1
    assert found["pinged"]["pings"] >= 1
    assert [found[name]["frames"][-1]["header"]["fault"] for name in ("nonsense", "binary", "nowhere")] == [
        "BAD_REQUEST", "BAD_REQUEST", "NOT_FOUND",
    ]  # fmt: skip
    assert (found["whole"], found["shared"]) == (STREAMS, STREAMS), found["broken"]
