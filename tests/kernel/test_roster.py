"""Services come, go and are replaced while a kernel runs; nothing that was accepted is dropped."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import athena
from athena import Request
from athena.errors import Fault, SettingsError
from athena.models import Document
from athena.section import option, section
from athena.testing.bounded import eventually, refused

from .players import Script

WRAPPER = """\
import time
from athena import Part, Reply, Wrapper, hookimpl

class Said(Wrapper):
    @hookimpl
    def athena_init(self, context):
        if "WORD" == "broken":
            raise RuntimeError("the model is broken")

    @hookimpl
    def athena_once_exec(self, request):
        time.sleep(float(request.params.get("sleep", "0")))
        return Reply((Part.from_text("word", "WORD"),))

    @hookimpl
    def athena_session_create(self, context):
        return context

    @hookimpl
    def athena_session_write(self, session, request):
        session.outbox.emit(Reply((Part.from_text("word", "WORD"),), request.parts[0].stage))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for word in ("one", "two", "broken"):
        (tmp_path / f"{word}.py").write_text(WRAPPER.replace("WORD", word))
    return tmp_path


def document(folder: Path, version: str, *services: str, executor: str = "thread", more: str = "") -> Document:
    tables = "".join(
        f'[services.{name}]\nwrapper = "{word}.py"\nexecutor = "{executor}"\n{more}'
        for name, _, word in (service.partition("=") for service in services)
    )
    return Document(tables, version, str(folder / "site.toml"))


async def said(kernel: Any, service: str = "a", **params: str) -> str:
    reply = await asyncio.wait_for(kernel.once(service, Request("", params=params)), 20)
    return reply.part("word").text  # type: ignore[no-any-return]


@pytest.mark.parametrize("executor", ["thread", "process"])
async def test_a_wrapper_is_swapped_and_calls_and_sessions_end_where_they_began(folder: Path, executor: str) -> None:
    async with athena.start(document(folder, "1", "a=one", executor=executor)) as kernel:
        session = await kernel.open("a")
        call = asyncio.create_task(said(kernel, sleep="0.5"))
        await asyncio.sleep(0.1)
        told = await kernel.reload(document(folder, "2", "a=two", executor=executor))
        assert "services.a.wrapper: 'one.py' → 'two.py'" in told
        assert "services.a: new workers have taken over; sessions end where they began" in told
        assert await said(kernel) == "two"
        assert await call == "one"
        await session.write(Request("", parts=(athena.Part.from_text("x", "x"),)))
        assert (await asyncio.wait_for(session.read(), 10)).part("word").text == "one"
        assert kernel.services()["a"].health.workers["draining"] == 1
        await session.close()
        await eventually(lambda: "draining" not in kernel.services()["a"].health.workers, "the old one is gone")


async def test_a_version_that_does_not_come_up_is_rolled_back_and_named(folder: Path) -> None:
    async with athena.start(document(folder, "1", "a=one", "b=one")) as kernel:
        before = kernel.settings
        with pytest.raises(SettingsError, match=r"site\.toml:2: services\.a\.wrapper: .*the model is broken"):
            await kernel.reload(document(folder, "2", "a=broken", "b=two"))
        assert kernel.settings is before
        assert await said(kernel) == await said(kernel, "b") == "one"


async def test_services_are_added_and_removed(folder: Path) -> None:
    async with athena.start(document(folder, "1", "a=one", "b=one")) as kernel:
        call = asyncio.create_task(said(kernel, "b", sleep="0.4"))
        session = await kernel.open("b", detached=True)
        await asyncio.sleep(0.1)
        assert "services.b: removed; it finishes what it has" in await kernel.reload(
            document(folder, "2", "a=one", "c=two")
        )
        await refused(kernel.once("b", Request("")), Fault.NOT_FOUND)
        assert await said(kernel, "c") == "two"
        assert await call == "one"
        await session.write(Request("", parts=(athena.Part.from_text("x", "x"),)))
        assert (await asyncio.wait_for(session.read(), 10)).part("word").text == "one"
        await session.close()
        metrics = kernel.dispatcher.metrics().decode()
        assert 'service="b",transport="kernel",fault="OK"} 2' in metrics, "they are counted under their own name"


async def test_the_first_service_of_another_executor_may_come_with_a_reload(folder: Path) -> None:
    async with athena.start(document(folder, "1", "a=one")) as kernel:
        await kernel.reload(document(folder, "2", "a=one", executor="process"))
        assert await said(kernel) == "one"
        with pytest.raises(SettingsError, match=r"services\.a\.executor: .*no plugin|not installed"):
            await kernel.reload(document(folder, "3", "a=one", executor="nonesuch"))


async def test_new_code_under_the_same_name_is_taken_when_asked_for(folder: Path) -> None:
    async with athena.start(document(folder, "1", "a=one", executor="process")) as kernel:
        (folder / "one.py").write_text(WRAPPER.replace("WORD", "newer"))
        assert await kernel.reload(document(folder, "1", "a=one", executor="process")) == ()
        assert await said(kernel) == "one"
        await kernel.reload(document(folder, "1", "a=one", executor="process"), swap=["a"])
        assert await said(kernel) == "newer"
        with pytest.raises(SettingsError, match="no such service to swap"):
            await kernel.reload(document(folder, "1", "a=one", executor="process"), swap=["x"])


async def test_what_cannot_be_swapped_is_named(folder: Path) -> None:
    made = {"given": type("Given", (athena.Wrapper,), {})()}
    text = '[services.given]\n[services.echo]\nwrapper = "echo"\nexecutor = "thread"\n'
    async with athena.start(Document(text, "1"), wrappers=made) as kernel:
        with pytest.raises(SettingsError, match="object given in code"):
            await kernel.reload(Document(text, "2"), swap=["given"])
        with pytest.raises(SettingsError, match="cannot load another version"):
            await kernel.reload(Document(text, "2"), swap=["echo"])


async def test_registries_are_told_which_services_there_are_now() -> None:
    script = Script()
    async with athena.start(script.document, wrappers={"echo": _Plain}, plugins=script.plugins()) as kernel:
        text = script.document.text + '[services.more]\nwrapper = "echo"\nexecutor = "thread"\n'
        await kernel.reload(Document(text, "2", "site.toml"))
        assert script.steps("announce") == [
            f"discovery.r announce {name} wire://127.0.0.1:1" for name in ("echo", "more")
        ]


class _Plain(athena.Wrapper):
    @athena.hookimpl
    def athena_once_exec(self, request: Request) -> athena.Reply:
        return athena.Reply(request.parts)


@section
class Word:
    word: str = option("one", help="What it says.")


class _Configured(athena.Wrapper):
    Section = Word

    def __init__(self, options: Word) -> None:
        self.word = options.word

    @athena.hookimpl
    def athena_once_exec(self, request: Request) -> athena.Reply:
        return athena.Reply((athena.Part.from_text("word", self.word),))


async def test_a_wrapper_without_the_hook_for_it_gets_its_new_config_by_a_new_generation() -> None:
    def toml(word: str, version: str) -> Document:
        return Document(f'[services.a]\n[services.a.config]\nword = "{word}"\n', version)

    async with athena.start(toml("one", "1"), wrappers={"a": _Configured}) as kernel:
        assert "services.a: new workers have taken over; sessions end where they began" in await kernel.reload(
            toml("two", "2")
        )
        assert await said(kernel) == "two"


async def test_what_never_came_up_is_tried_again_and_keeps_nobody_else_from_what_is_new(folder: Path) -> None:
    slow = "import pathlib, time\nif (pathlib.Path(__file__).parent / 'slow').exists():\n    time.sleep(60)\n"
    (folder / "late.py").write_text(slow + WRAPPER.replace("WORD", "late"))
    (folder / "slow").touch()
    first = document(folder, "1", "a=one", "b=late", executor="process", more="init_timeout = 4.0\n")
    async with athena.start(first) as kernel:
        assert not kernel.services()["b"].health.ready
        second = document(folder, "2", "a=two", "b=late", executor="process", more="init_timeout = 4.0\n")
        told = await kernel.reload(second)
        assert await said(kernel) == "two"
        assert [line for line in told if line.startswith("services.b: still not ready: ")]
        (folder / "slow").unlink()
        await kernel.reload(second)
        assert await said(kernel, "b") == "late"
