"""A wrapper in Java that fails in every way there is: its caller gets one typed error, and everybody else goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from athena.errors import Executed, Fault, SettingsError
from athena.executors.process import probe
from athena.kernel import Kernel, start
from athena.models import ANONYMOUS, Document, Kind, Limits, Part, Reply, Request, Resource, ServiceSettings, Stage
from athena.testing.bounded import bounded, eventually, refused
from athena.testing.found import toml

pytestmark = pytest.mark.xdist_group("java")
MAX = 2 * 1024 * 1024


def document(archives: Path, config: Mapping[str, object], **more: object) -> Document:
    service = {"wrapper": "./odd.jar", "executor": "process", **more}
    limits = {"max_message": MAX}
    tables = {"kernel.limits": limits, "services.odd": service, "services.odd.config": config}
    return Document(toml(tables), "1", str(archives / "aiges.toml"))


@asynccontextmanager
async def odd(archives: Path, **more: object) -> AsyncIterator[Kernel]:
    async with start(document(archives, {}, **more)) as kernel:
        yield kernel


def asks(do: str, **params: str) -> Request:
    return Request("odd", parts=(Part.from_text("text", "hello"),), params={"do": do, **params})


def said(reply: Reply) -> str:
    return reply.part("text").text


async def seen(kernel: Kernel) -> dict[str, str]:
    """What the wrapper tells of itself."""
    words = said(await kernel.once("odd", asks("see"))).split("|")
    return dict(word.split("=", 1) for word in words)


def text(data: str, stage: Stage = Stage.CONTINUE) -> Request:
    return Request("odd", parts=(Part.from_text("text", data, stage),))


async def test_it_says_what_it_is_without_being_started(archives: Path) -> None:
    settings = ServiceSettings("odd", wrapper="./odd.jar", folder=str(archives), config={"start": "no"})
    description = await probe(settings, Limits())
    assert (description.version, description.summary) == ("2.1", "Odd.")
    assert description.operations == {"once", "session", "resource"}
    (field,) = description.inputs
    assert (field.key, field.kind, field.required) == ("text", Kind.TEXT, False)
    assert description.params[0].choices == ("low", "high")


@bounded
async def test_each_way_to_fail_is_one_typed_error_and_the_next_call_is_served(
    archives: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with odd(archives) as kernel:
        error = await refused(kernel.once("odd", asks("throw")), Fault.USER_ERROR)
        assert error.message == f"onceExec threw IllegalStateException; error {error.error_id}"
        (record,) = [one for one in caplog.records if error.error_id in one.getMessage()]
        assert "a secret of the wrapper\n\tat Odd.onceExec" in record.getMessage()
        error = await refused(kernel.once("odd", asks("code")), Fault.USER_ERROR)
        assert (error.code, error.message, error.executed) == (-4711, "the model says no", Executed.YES)
        error = await refused(kernel.once("odd", asks("bad")), Fault.BAD_REQUEST)
        assert error.message == "text: not like that"
        error = await refused(kernel.once("odd", asks("nothing")), Fault.USER_ERROR)
        assert error.message == "onceExec returned null; expected a Reply or Items"
        assert "StackOverflowError" in (await refused(kernel.once("odd", asks("deep")), Fault.USER_ERROR)).message
        error = await refused(kernel.once("odd", asks("large")), Fault.TOO_LARGE)
        assert error.message.startswith(f"onceExec returned {3 * 1024 * 1024} bytes; at most {MAX} can travel")
        assert said(await kernel.once("odd", asks("interrupt"))) == "true"
        reply = await kernel.once("odd", asks("see"))
        assert "deadline=true" in said(reply)


@bounded
async def test_an_iterator_is_asked_as_fast_as_it_is_read_and_closed_when_its_reader_goes(archives: Path) -> None:
    async with odd(archives, threads=2) as kernel:
        replies = [said(reply) async for reply in kernel.stream("odd", asks("many", n="300"))]
        assert replies == [str(number) for number in range(1, 301)]
        stream = kernel.stream("odd", asks("many", n="5000"))
        assert said(await anext(stream)) == "301"
        await asyncio.sleep(0.2)
        assert 300 < int((await seen(kernel))["made"]) < 300 + 1000
        await stream.aclose()
        for _ in range(200):
            if (await seen(kernel))["closed"] == "2":
                break
            await asyncio.sleep(0.02)
        assert (await seen(kernel))["closed"] == "2"
        torn = kernel.stream("odd", asks("torn"))
        assert [said(await anext(torn)), said(await anext(torn))] == ["one", "two"]
        await refused(anext(torn), Fault.TOO_LARGE)


@bounded
async def test_a_hook_sees_that_nobody_waits(archives: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with odd(archives) as kernel:
        call = asyncio.ensure_future(kernel.once("odd", asks("wait")))
        await asyncio.sleep(0.1)
        call.cancel()
        await eventually(lambda: "saw that nobody waits" in caplog.text, "the hook saw it")
        first = await seen(kernel)
        late = Request("odd", params={"do": "wait"}, deadline=asyncio.get_running_loop().time() + 0.1)
        await refused(kernel.once("odd", late), Fault.DEADLINE)
        assert (await seen(kernel))["pid"] == first["pid"]


@bounded
async def test_what_it_logs_is_the_kernels_log_and_a_flood_is_counted(
    archives: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with odd(archives) as kernel:
        await kernel.once("odd", asks("log"))
        (record,) = [one for one in caplog.records if one.getMessage() == "a warning from hello"]
        assert (record.name, record.levelno) == ("odd", logging.WARNING)
        await eventually(lambda: "printed by java" in caplog.text, "what was printed is logged")
        assert "nobody sees this" not in caplog.text
        await kernel.once("odd", asks("flood"))
        assert sum(one.getMessage() == "again" for one in caplog.records) < 2000


@bounded
async def test_a_session_is_answered_from_any_thread_and_its_reader_holds_it(archives: Path) -> None:
    async with odd(archives) as kernel:
        session = await kernel.open("odd")
        await session.write(text("who"))
        assert said(await session.read()) == session.sid  # what a write does not say is its session's
        await session.write(text("500", Stage.END))
        await asyncio.sleep(0.2)
        replies = [await session.read() for _ in range(500)]
        assert [said(reply) for reply in replies] == [str(number) for number in range(1, 501)]
        assert [reply.stage for reply in replies[-2:]] == [Stage.CONTINUE, Stage.END]
        await session.close()
        assert (await seen(kernel))["destroyed"] == "1"


@bounded
async def test_a_session_ends_with_what_its_hook_throws_and_is_destroyed(archives: Path) -> None:
    async with odd(archives) as kernel:
        error = await refused(kernel.open("odd", Request("odd", params={"open": "no"})), Fault.FORBIDDEN)
        assert error.message == "not for you"
        session = await kernel.open("odd")
        await session.write(text("throw"))
        error = await refused(session.read(), Fault.USER_ERROR)
        assert error.message.startswith("sessionWrite threw IllegalStateException; error ")
        await session.close()
        session = await kernel.open("odd")
        await session.write(text("fail"))
        error = await refused(session.read(), Fault.USER_ERROR)
        assert (error.code, error.message) == (7, "from another thread")
        await session.close()
        # One that emits without end, whose reader never reads: closed all the same.
        session = await kernel.open("odd")
        await session.write(text("100000"))
        await asyncio.sleep(0.1)
        await asyncio.wait_for(session.close(), 10)
        assert (await seen(kernel))["destroyed"] == "3"


@bounded
async def test_the_jvms_options_are_variables_of_its_environment(
    archives: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with odd(archives, process={"environment": {"JDK_JAVA_OPTIONS": "-XX:+UseParallelGC"}}):
        await eventually(lambda: "JDK_JAVA_OPTIONS: -XX:+UseP" in caplog.text, "the JVM says what it has picked up")


@bounded
async def test_a_jvm_that_dies_is_lost_and_comes_back(archives: Path) -> None:
    async with odd(archives) as kernel:
        session = await kernel.open("odd")
        first = await seen(kernel)
        error = await refused(kernel.once("odd", asks("halt")), Fault.WORKER_LOST)
        assert error.executed is Executed.UNKNOWN
        await refused(session.read(), Fault.WORKER_LOST)
        await session.close()
        await eventually(lambda: kernel.services()["odd"].health.workers == {"ready": 1}, "it is back")
        assert (await seen(kernel))["pid"] != first["pid"]


@bounded
async def test_a_changed_configuration_needs_no_new_jvm(archives: Path) -> None:
    async with start(document(archives, {"deep": [{"x": 0.5}, True, -1, "é"]})) as kernel:
        assert "config={deep=[{x=0.5}, true, -1, é]}" in said(await kernel.once("odd", asks("see")))
        with pytest.raises(SettingsError, match=r"services\.odd\.config\.word: not this word"):
            await kernel.reload(document(archives, {"word": "refused"}))
        before = await seen(kernel)
        await kernel.reload(document(archives, {"word": "b"}))
        after = await seen(kernel)
        assert (after["pid"], after["config"]) == (before["pid"], "{word=b}")


async def test_a_wrapper_that_does_not_come_up_says_why(archives: Path) -> None:
    with pytest.raises(SettingsError, match=r"services\.odd\.wrapper: init threw IllegalStateException: not today"):
        await _started(archives, {"start": "no"})
    with pytest.raises(SettingsError, match=r"aiges\.toml:\d+: services\.odd\.config\.limit: must not be negative"):
        await _started(archives, {"limit": -1})


async def _started(archives: Path, config: Mapping[str, object]) -> None:
    async with start(document(archives, config)):
        pass


async def test_a_resource_is_in_every_jvm_until_it_is_unloaded(archives: Path) -> None:
    async with odd(archives) as kernel:
        door, words = kernel.dispatcher, Resource("a", (Part.from_text("words", "hi"),))
        await door.load("odd", words, ANONYMOUS)
        assert (await seen(kernel))["resources"] == "{a=hi}"
        await kernel.once("odd", Request("odd", parts=asks("see").parts, params={"do": "see", "res_id": "a"}))
        await door.unload("odd", "a", ANONYMOUS)
        assert (await seen(kernel))["resources"] == "{}"
