"""A kernel with one talkative service behind HTTP, and ways to speak to it byte by byte."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import pytest

from athena import Part, Reply, Request, SessionContext, Stage, Wrapper, fields, hookimpl
from athena.errors import Executed, Fault, ServiceError
from athena.kernel import Kernel, start
from athena.models import Document


class Talk(Wrapper):
    """Gives back what it is given, counts, sleeps, refuses; in sessions it answers every write."""

    version = "7"
    inputs = (fields.anything(),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply | Iterator[Reply]:
        do = request.params.get("do", "")
        if do == "count":
            return self._count(int(request.params.get("n", "3")), request.params.get("fail", ""))
        if do == "sleep":
            until = time.monotonic() + float(request.params["seconds"])
            while time.monotonic() < until and not request.cancelled:
                time.sleep(0.01)
        if do == "deaf":
            time.sleep(float(request.params["seconds"]))
        if do == "refuse":
            raise ServiceError(Fault.USER_ERROR, "no face in the picture", executed=Executed.YES, code=4711)
        if do == "boxes":
            boxes = [
                {"filename": "0", "result": [{"box": [1, 2, 3, 4], "box_score": 0.9, "text": "hi", "text_score": 1.0}]}
            ]
            return Reply((Part.from_json("boxes", boxes),))
        if do == "see":
            return Reply((Part.from_json("seen", [dict(request.params), dict(request.headers)]),))
        if do == "large":
            return Reply((Part("data", bytes(int(request.params["size"]))),))
        return Reply(request.parts)

    def _count(self, n: int, fail: str) -> Iterator[Reply]:
        for number in range(n):
            yield Reply((Part.from_text("item", str(number)),))
        if fail:
            raise ServiceError(Fault.USER_ERROR, "counted too far", executed=Executed.YES, code=9)

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> SessionContext:
        return context

    @hookimpl
    def athena_session_write(self, session: SessionContext, request: Request) -> None:
        if request.params.get("do") == "refuse":
            raise ServiceError(Fault.USER_ERROR, "enough", executed=Executed.YES, code=12)
        for part in request.parts:
            last = part.stage is Stage.END
            session.outbox.emit(Reply((part,), Stage.END if last else Stage.CONTINUE))


class Boxes(Talk):
    """The OCR service of the seed, as far as its callers see it."""

    inputs = (fields.image("data"),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply | Iterator[Reply]:
        assert request.part("data").tobytes().startswith(b"\xff\xd8")
        return super().athena_once_exec(Request(request.service, params={"do": "boxes"}))


class There:
    """A running kernel, and its port."""

    def __init__(self, kernel: Kernel, client: aiohttp.ClientSession) -> None:
        self.kernel = kernel
        self.client = client
        (self.endpoint,) = kernel.endpoints
        self.url = self.endpoint.url
        self.port = self.endpoint.port

    async def post(
        self, path: str, document: object = None, *, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, headers, body) of one POST; header names with _ for -."""
        sent = json.dumps(document).encode() if body is None else body
        named = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        async with self.client.post(self.url + path, data=sent, headers=named) as response:
            return response.status, dict(response.headers), await response.read()

    async def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """(status, headers, body) of one GET."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.get(self.url + path, headers=named) as response:
            return response.status, dict(response.headers), await response.read()

    async def speak(self, *pieces: bytes, pause: float = 0.0, within: float = 10.0) -> bytes:
        """Send bytes on a socket of its own, and read until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
            return await asyncio.wait_for(reader.read(), within)
        except ConnectionError:
            return b""
        finally:
            writer.close()


Serve = Callable[..., AbstractAsyncContextManager[There]]


@pytest.fixture
def serve() -> Serve:
    """``async with serve(header_timeout=0.3) as there``: a kernel with these keys of its http table."""

    @asynccontextmanager
    async def run(
        *,
        limits: dict[str, int] | None = None,
        drain_timeout: float = 5.0,
        plugins: dict[str, type] | None = None,
        more: dict[str, Wrapper] | None = None,
        tables: str = "",
        **keys: object,
    ) -> AsyncIterator[There]:
        lines = ["[kernel]", f"drain_timeout = {drain_timeout}", "[kernel.limits]"]
        lines += [f"{key} = {value}" for key, value in (limits or {}).items()]
        lines += [f"[{name}]" for name in plugins or {}]
        lines += ["[transports.http]", "port = 0"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
        lines.append(tables)
        document = Document("\n".join(lines), "1", "test.toml")
        wrappers = {"talk": Talk(), "mmocr": Boxes(), **(more or {})}
        async with (
            start(document, wrappers=wrappers, plugins=plugins) as kernel,
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as client,
        ):
            yield There(kernel, client)

    return run


@pytest.fixture
async def there(serve: Serve) -> AsyncIterator[There]:
    """A kernel with the defaults."""
    async with serve() as running:
        yield running
