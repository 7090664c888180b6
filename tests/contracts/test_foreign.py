"""Workers that are programs of their own, here in plain Node: they keep the contract of wrappers, and can be lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path

import pytest

from athena.errors import Fault, PluginRefused
from athena.executors.process import probe
from athena.interfaces import Session
from athena.kernel import start
from athena.models import Document, Limits, Part, Request, ServiceSettings, Stage
from athena.testing import WrapperContract
from athena.testing.bounded import bounded, eventually, refused
from athena.testing.found import toml
from tools import house

EXAMPLE = house.ROOT / "examples" / "worker-node"
SHOUT = EXAMPLE / "shout.mjs"
pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here: apt-get install nodejs")


def text(data: str, stage: Stage = Stage.ONCE) -> Request:
    return Request("shout", parts=(Part.from_text("text", data, stage),))


def document(**more: str) -> Document:
    return Document(toml({"services.shout": {"wrapper": str(SHOUT), "executor": "process", **more}}), "1", "aiges.toml")


async def say(session: Session, texts: list[str], stages: list[Stage]) -> None:
    for each, stage in zip(texts, stages, strict=True):
        await session.write(text(each, stage))


def worker() -> int:
    """The process id of the one worker this process has: its keeper's child."""
    keepers = [one for task in Path("/proc/self/task").iterdir() for one in (task / "children").read_text().split()]
    found = [one for pid in keepers for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    (pid,) = [int(one) for one in found if "shout.mjs" in Path(f"/proc/{one}/cmdline").read_text()]
    return pid


class TestShout(WrapperContract):
    wrapper = str(SHOUT)
    operations = ("once", "session")
    samples = (Request("", parts=(Part.from_text("text", "grüße"),)), Request("", parts=(Part.from_text("text", ""),)))


async def test_a_worker_in_node_says_what_it_is_without_being_started() -> None:
    description = await probe(ServiceSettings("shout", wrapper="./shout.mjs", folder=str(EXAMPLE)), Limits())
    assert (description.summary, description.operations) == ("Says it louder.", {"once", "session"})


@bounded
async def test_a_mebibyte_goes_there_and_back_once_and_in_a_session() -> None:
    large = "ü" * 2**19
    async with start(document()) as kernel:
        assert (await kernel.once("shout", text(large))).part("text").text == large.upper()
        session = await kernel.open("shout")
        stages = [Stage.BEGIN, *[Stage.CONTINUE] * 8, Stage.END]  # more than a window holds
        writing = asyncio.ensure_future(say(session, [large] * 10, stages))
        replies = [await session.read() for _ in range(10)]
        await writing
        assert {reply.part("text").text for reply in replies} == {large.upper()}
        assert replies[-1].stage is Stage.END
        await session.close()


@bounded
async def test_a_reader_who_stops_holds_the_worker_by_its_credit() -> None:
    async with start(document()) as kernel:
        session = await kernel.open("shout")
        said = [str(number) for number in range(500)]
        writing = asyncio.ensure_future(say(session, said, [Stage.BEGIN, *[Stage.CONTINUE] * 499]))
        await asyncio.sleep(0.2)
        assert not writing.done()
        assert [(await session.read()).part("text").text for _ in said] == said
        await asyncio.wait_for(writing, 10)
        await session.close()


@bounded
async def test_a_worker_that_is_killed_is_lost_and_comes_back() -> None:
    async with start(document()) as kernel:
        session = await kernel.open("shout")
        await session.write(text("a", Stage.BEGIN))
        assert (await session.read()).part("text").text == "A"
        os.kill(worker(), signal.SIGKILL)
        await refused(session.read(), Fault.WORKER_LOST)
        await session.close()
        await eventually(lambda: kernel.services()["shout"].health.workers == {"ready": 1}, "the worker is back")
        assert (await kernel.once("shout", text("b"))).part("text").text == "B"


async def test_a_program_needs_the_process_executor() -> None:
    with pytest.raises(Exception, match=r'a program of its own, which needs executor = "process"'):
        async with start(document(executor="thread")):
            pass


async def test_a_program_runs_no_middleware(tmp_path: Path) -> None:
    settings = ServiceSettings("shout", wrapper=str(SHOUT), middleware=("otel",))
    with pytest.raises(PluginRefused, match=r"services\.shout\.middleware: .*shout\.mjs is not Python"):
        await probe(settings, Limits())
