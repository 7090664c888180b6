"""``athena.start`` in its three forms, from a path, a URL, a document or nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import athena
from athena import Request
from athena.errors import Fault, PluginMissing, ServiceError, SettingsError
from athena.models import Document, Stage
from athena.testing import Loopback

from .players import Echo, Script, parts_of

HELLO = Request("", parts=parts_of(a="hello"))


def loops() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("athena")]


async def test_async_with_starts_and_stops() -> None:
    echo = Echo()
    async with athena.start(wrappers={"echo": echo}) as kernel:
        assert (await kernel.once("echo", HELLO)).part("a").text == "hello"
    assert echo.notes == ["init", "fini"]


async def test_awaiting_it_leaves_the_stop_to_you() -> None:
    echo = Echo()
    kernel = await athena.start(wrappers={"echo": echo})
    assert (await kernel.once("echo", HELLO)).part("a").text == "hello"
    assert echo.notes == ["init"]
    await kernel.stop()
    assert echo.notes == ["init", "fini"]


def test_with_runs_it_in_a_thread_of_its_own() -> None:
    echo = Echo()
    with athena.start(
        Document("[transports.l]\n"), wrappers={"echo": echo}, plugins={"transports.l": Loopback}
    ) as kernel:
        assert kernel.once("echo", HELLO).part("a").text == "hello"
        assert len(list(kernel.stream("echo", Request("", params={"items": "3"})))) == 3
        with kernel.open("echo") as session:
            session.write(Request("", parts=parts_of(a="hello")))
            assert session.read().stage is Stage.END
        with pytest.raises(ServiceError) as caught:
            kernel.once("nobody", HELLO)
        assert caught.value.fault is Fault.NOT_FOUND
        assert kernel.services()["echo"].health.ready
        assert [endpoint.scheme for endpoint in kernel.endpoints] == ["loopback"]
    assert echo.notes == ["init", "destroy", "fini"]
    assert "athena-loop" not in loops()


def test_a_script_whose_kernel_refuses_to_start_is_left_with_no_thread() -> None:
    before = loops()
    with pytest.raises(SettingsError), athena.start(Document("[kernel]\nnaem = 1\n")):
        raise AssertionError("it started")
    assert loops() == before


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt()])
def test_an_error_in_the_block_stops_the_kernel_and_comes_through(error: BaseException) -> None:
    echo = Echo()
    with pytest.raises(type(error)), athena.start(wrappers={"echo": echo}):
        raise error
    assert echo.notes == ["init", "fini"]


async def test_an_error_in_the_async_block_stops_the_kernel_and_comes_through() -> None:
    echo = Echo()
    with pytest.raises(ValueError, match="mine"):
        async with athena.start(wrappers={"echo": echo}):
            raise ValueError("mine")
    assert echo.notes == ["init", "fini"]


@pytest.mark.parametrize("kind", [str, Path])
async def test_a_path_is_read_and_its_folder_is_where_wrappers_are_looked_for(tmp_path: Path, kind: type) -> None:
    (tmp_path / "mine_beside.py").write_text(
        "from athena import Part, Reply, Wrapper, hookimpl\n"
        "class Mine(Wrapper):\n"
        "    @hookimpl\n"
        "    def athena_once_exec(self, request):\n"
        "        return Reply((Part.from_text('from', 'beside'),))\n"
    )
    (tmp_path / "aiges.toml").write_text('[services.mine]\nwrapper = "mine_beside.py"\nexecutor = "thread"\n')
    async with athena.start(kind(tmp_path / "aiges.toml")) as kernel:
        assert (await kernel.once("mine", HELLO)).part("from").text == "beside"


async def test_a_url_is_read_by_the_source_of_its_scheme() -> None:
    script = Script()
    async with athena.start("src://config", plugins=script.plugins(), wrappers={"echo": Echo}) as kernel:
        assert (await kernel.once("echo", HELLO)).part("a").text == "hello"
    assert (script.log[0], script.log[-1]) == ("sources.src start", "sources.src stop")
    with pytest.raises(PluginMissing, match=r"sources\.gopher is not installed; installed: file"):
        await athena.start("gopher://config")


async def test_a_file_that_is_not_there_is_said_by_name(tmp_path: Path) -> None:
    with pytest.raises((SettingsError, OSError), match=r"absent\.toml"):
        await athena.start(tmp_path / "absent.toml")


async def test_two_kernels_live_beside_each_other_in_one_loop() -> None:
    one, two = Echo(), Echo()
    async with athena.start(wrappers={"echo": one}) as first, athena.start(wrappers={"echo": two}) as second:
        replies = await asyncio.gather(*(kernel.once("echo", HELLO) for kernel in (first, second, first)))
        assert [reply.part("a").text for reply in replies] == ["hello"] * 3
        await first.stop()
        assert (await second.once("echo", HELLO)).parts


async def test_the_watch_of_a_document_given_in_code_never_speaks() -> None:
    kernel = await athena.start(Document("", "1"), wrappers={"echo": Echo})
    watching: AsyncIterator[Document] = kernel._source.watch()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(anext(watching), 0.05)
    await kernel.stop()


async def test_it_lives_inside_an_aiohttp_service_that_was_there_before() -> None:
    web: Any = pytest.importorskip("aiohttp.web")
    client: Any = pytest.importorskip("aiohttp.test_utils")
    echo, key = Echo(), web.AppKey("kernel", object)

    async def kernel(app: Any) -> AsyncIterator[None]:
        async with athena.start(wrappers={"echo": echo}) as running:
            app[key] = running
            yield

    async def shout(request: Any) -> Any:
        parts = parts_of(a=await request.text())
        reply = await request.app[key].once("echo", Request("", parts=parts))
        return web.Response(text=reply.part("a").text)

    app = web.Application()
    app.cleanup_ctx.append(kernel)
    app.router.add_post("/shout", shout)
    async with client.TestClient(client.TestServer(app, host="127.0.0.1")) as http:
        response = await http.post("/shout", data="hello")
        assert (response.status, await response.text()) == (200, "hello")
    assert echo.notes == ["init", "fini"]
