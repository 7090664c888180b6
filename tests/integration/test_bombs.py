"""What unfolds to a thousand times its size is refused, and never unfolded: the kernel's memory says so."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import os
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from .served import Served, running

LIMIT = 4 * 2**20
SIZE = 128 * 2**20
TOGETHER = 4
SERVICE = f'[kernel]\nlame_duck = 0.0\n[kernel.limits]\nmax_message = {LIMIT}\n[services.echo]\nwrapper = "echo"\n'

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="no /proc to read peaks of memory from"
)


@pytest.fixture
async def kernel(tmp_path: Path) -> AsyncIterator[Served]:
    async with running(tmp_path, SERVICE) as kernel:
        await _plainly(kernel)
        yield kernel


async def _plainly(kernel: Served) -> None:
    """An honest call of the largest size there is: what memory that takes is taken before anything is measured."""
    body = bytes(LIMIT)
    for _ in range(2):
        async with kernel.http.post("/echo", data=body, headers={"Content-Type": "application/octet-stream"}) as answer:
            assert (answer.status, len(await answer.read())) == (200, LIMIT)


class Peak:
    """How far a process's memory rose above where it stood."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        self._before = self._read("VmRSS")

    @property
    def risen(self) -> int:
        return self._read("VmHWM") - self._before

    def _read(self, name: str) -> int:
        line = next(line for line in self._status.read_text().splitlines() if line.startswith(name))
        return int(line.split()[1]) * 1024


def zeros(bits: int) -> bytes:
    """So many zeros, folded; never whole in this process either."""
    folder = zlib.compressobj(9, zlib.DEFLATED, bits)
    piece = bytes(2**20)
    return b"".join(folder.compress(piece) for _ in range(SIZE // 2**20)) + folder.flush()


def test_the_peak_is_seen() -> None:
    peak = Peak(os.getpid())
    assert len(bytearray(SIZE)) == SIZE  # and given back at once
    assert peak.risen > SIZE // 2


async def test_a_folded_body_is_not_even_read(kernel: Served) -> None:
    bomb = gzip.compress(zeros(31))
    peak = Peak(kernel.pid)

    async def send() -> int:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        async with kernel.http.post("/echo", data=bomb, headers=headers) as answer:
            return answer.status

    assert set(await asyncio.gather(*[send() for _ in range(TOGETHER)])) == {415}
    assert peak.risen < 3 * LIMIT


async def test_a_folded_part_unfolds_to_the_limit_and_no_further(kernel: Served) -> None:
    content = base64.b64encode(zeros(31)).decode()
    peak = Peak(kernel.pid)

    async def send() -> tuple[int, str]:
        document = {"payload": {"data": {"compress": "gzip", "text": content}}}
        async with kernel.http.post("/echo", json=document) as answer:
            return answer.status, json.loads(await answer.read())["header"]["message"]

    for status, message in await asyncio.gather(*[send() for _ in range(TOGETHER)]):
        assert (status, "unfolds to more than" in message) == (413, True)
    assert peak.risen < 3 * LIMIT


@pytest.mark.parametrize("pieces", [1, 16])
async def test_a_folded_frame_is_closed_with_1009(kernel: Served, pieces: int) -> None:
    raw = zeros(-15)
    size = -(-len(raw) // pieces)
    peak = Peak(kernel.pid)
    codes = await asyncio.gather(*[_frames(kernel, raw, size) for _ in range(TOGETHER)])
    assert set(codes) == {1009}
    assert peak.risen < 3 * LIMIT


async def _frames(kernel: Served, raw: bytes, size: int) -> int:
    """The close code for a message in frames of that size, its first bit saying that it is folded."""
    host, _, port = kernel.urls["http"].removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /echo HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    assert b"permessage-deflate" in head
    for at in range(0, len(raw), size):
        piece = raw[at : at + size]
        first = (at + size >= len(raw)) << 7 | (at == 0) << 6 | (1 if at == 0 else 0)
        writer.write(struct.pack(">BBQ", first, 0xFF, len(piece)) + b"\0\0\0\0" + piece)
    while (head := await asyncio.wait_for(reader.readexactly(2), 20))[0] & 15 != 8:
        length = head[1] if head[1] < 126 else struct.unpack(">H", await reader.readexactly(2))[0]
        await reader.readexactly(length)
    code: int = struct.unpack(">H", await reader.readexactly(2))[0]
    writer.close()
    return code


async def test_a_folded_rpc_is_exhausted(kernel: Served) -> None:
    target = kernel.urls["grpc"].partition("://")[2]
    options = [("grpc.max_send_message_length", -1)]
    async with grpc.aio.insecure_channel(target, options, compression=grpc.Compression.Gzip) as channel:
        call = channel.unary_unary("/athena.v1.Inference/Once")
        with pytest.raises(grpc.aio.AioRpcError):  # warm
            await call(bytes(LIMIT * 3), timeout=20)
        peak = Peak(kernel.pid)
        for _ in range(2):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(bytes(SIZE), timeout=30)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert peak.risen < 3 * LIMIT
