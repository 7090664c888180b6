"""The same against servers: whole requests over sockets to a kernel with an echo; a 500 is a finding."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from athena import Reply, Request, SessionContext, Stage, Wrapper, fields, hookimpl
from athena.kernel import Kernel, start
from athena.models import Document

from . import seeds
from .mutate import Mutator
from .run import FINDINGS, Finding, Progress, Result

__all__ = ["LIVE", "live"]

LIVE = ("http body", "http request", "websocket", "grpc native", "grpc upstream")
_TOML = (
    "[kernel]\ndrain_timeout = 0.5\n[transports.http]\nport = 0\nbody_timeout = 5\n[transports.grpc]\nport = 0\n"
    "[kernel.limits]\nmax_message = 65536\n"
)
_PATIENCE = 10.0
_SILENCE = 0.2
"""Seconds after which what has no answer will have none: a frame without parts, a head that is not complete."""
_TOGETHER = 20
_HEAD = (
    b"POST /v1/private/talk HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)
_BAD = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}


class Echo(Wrapper):
    """Gives back what it is given."""

    inputs = (fields.anything(required=False),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply(request.parts)

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> SessionContext:
        return context

    @hookimpl
    def athena_session_write(self, session: SessionContext, request: Request) -> None:
        last = any(part.stage in (Stage.END, Stage.ONCE) for part in request.parts)
        session.outbox.emit(Reply(request.parts, Stage.END if last else Stage.CONTINUE))


async def live(count: int, seed: int, progress: Progress = lambda *_: None) -> list[Result]:
    """Each target with its share of that many inputs, against one kernel."""
    share = -(-count // len(LIVE))
    async with start(Document(_TOML, "1", "fuzz.toml"), wrappers={"talk": Echo()}) as kernel:
        found = []
        for target, speak in zip(LIVE, (_bodies, _requests, _sockets, _native, _upstream), strict=True):
            result = Result(target)
            await speak(kernel, share, Mutator(seed), result)
            await _alive(kernel, result)
            progress(target, share)
            found.append(result)
        return found


def _port(kernel: Kernel, scheme: str) -> int:
    return next(endpoint.port for endpoint in kernel.endpoints if endpoint.scheme == scheme)


async def _alive(kernel: Kernel, result: Result) -> None:
    """Whatever was sent before: a good call is answered."""
    async with _spoken(_port(kernel, "http")) as (reader, writer):
        writer.write(_HEAD % 2 + b"{}")
        if await _status(reader) != 200:
            result.findings.append(Finding("a good call behind it was not answered", ""))


@asynccontextmanager
async def _spoken(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def _status(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, its body read; 0 when the server closed instead."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    await asyncio.wait_for(reader.readexactly(length), _PATIENCE)
    return int(head.split()[1])


async def _bodies(kernel: Kernel, count: int, mutator: Mutator, result: Result) -> None:
    """Bodies that say how long they are, one after the other on connections that stay open."""
    pool = seeds.documents()
    while result.inputs < count and len(result.findings) < FINDINGS:
        async with _spoken(_port(kernel, "http")) as (reader, writer):
            for _ in range(min(500, count - result.inputs)):
                data = mutator.of(pool)
                writer.write(_HEAD % len(data) + data)
                if not _noted(result, data, await _status(reader), (200, 400, 413)):
                    break


async def _requests(kernel: Kernel, count: int, mutator: Mutator, result: Result) -> None:
    """Whole requests, heads and all; each on a connection of its own."""

    async def one(data: bytes) -> None:
        answer = b""
        async with _spoken(_port(kernel, "http")) as (reader, writer):
            writer.write(data)
            with contextlib.suppress(asyncio.TimeoutError):
                answer = await asyncio.wait_for(reader.read(65536), _SILENCE)
        status = int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0
        _noted(result, data, status, (0, *range(200, 500), 501))

    pool = [_HEAD % len(data) + data for data in seeds.documents()]
    pool.append(
        b"GET /v1/services HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    )
    while result.inputs < count and len(result.findings) < FINDINGS:
        together = min(_TOGETHER, count - result.inputs)
        await asyncio.gather(*[one(mutator.of(pool)) for _ in range(together)])


def _noted(result: Result, data: bytes, status: int, good: tuple[int, ...]) -> bool:
    result.inputs += 1
    result.taken += status == 200
    result.refused += status != 200
    if status not in good:
        result.findings.append(Finding(f"answered {status}", data.hex()))
        return False
    return True


async def _sockets(kernel: Kernel, count: int, mutator: Mutator, result: Result) -> None:
    """Frames of many sessions on one socket, until one of them ends it."""
    pool = seeds.named()
    url = f"ws://127.0.0.1:{_port(kernel, 'http')}/v1/private/talk"
    while result.inputs < count and len(result.findings) < FINDINGS:
        query = "?stream_mode=multiplex" if result.inputs % 2 else ""
        async with connect(url + query, open_timeout=_PATIENCE, close_timeout=_PATIENCE) as client:
            data = b""
            try:
                for _ in range(8):
                    if result.inputs == count:
                        break
                    data = mutator.of(pool)
                    result.inputs += 1
                    await client.send(data, text=True)
                    said = json.loads(await asyncio.wait_for(client.recv(), _SILENCE))
                    result.taken += said["header"]["code"] == 0
                    result.refused += said["header"]["code"] != 0
            except ConnectionClosed:
                result.refused += 1
            except asyncio.TimeoutError:
                pass  # a frame without parts is not answered
            if client.close_code in (1006, 1011):
                result.findings.append(Finding(f"closed with {client.close_code}", data.hex()))


async def _native(kernel: Kernel, count: int, mutator: Mutator, result: Result) -> None:
    await _rpc(kernel, "/athena.v1.Inference/Once", seeds.requests(), count, mutator, result)


async def _upstream(kernel: Kernel, count: int, mutator: Mutator, result: Result) -> None:
    await _rpc(kernel, "/utils.XsfCall/call", seeds.upstream(), count, mutator, result)


async def _rpc(
    kernel: Kernel, method: str, pool: tuple[bytes, ...], count: int, mutator: Mutator, result: Result
) -> None:
    """Messages of a gRPC method, as bytes."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{_port(kernel, 'grpc')}") as channel:
        call = channel.unary_unary(method)
        while result.inputs < count and len(result.findings) < FINDINGS:
            data = mutator.of(pool)
            result.inputs += 1
            try:
                answer = await call(data, timeout=_PATIENCE)
                result.taken += 1
                if b"INTERNAL" in answer:  # upstream's errors travel in good answers
                    result.findings.append(Finding(f"answered {answer[:200]!r}", data.hex()))
            except grpc.aio.AioRpcError as error:
                result.refused += 1
                if error.code() in _BAD:
                    result.findings.append(Finding(f"{error.code().name}: {error.details()}", data.hex()))
