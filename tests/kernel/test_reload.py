"""A new configuration is taken whole or not at all, and who asked is told why not, line by line."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

import athena
from athena import Part, Reply, Request, Wrapper, hookimpl
from athena.errors import SettingsError
from athena.interfaces import Guard
from athena.kernel import reload
from athena.models import Attempt, Change, Document, Principal
from athena.section import between, option, section
from athena.testing.bounded import refused

from .players import Script


@section
class Level:
    """A table."""

    level: int = option(1, help="How much.", check=between(0, 9))


class Saying(Wrapper):
    """Says its level."""

    Section = Level

    def __init__(self, options: Level) -> None:
        self.level = options.level
        self.fail = ""
        made.append(self)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply((Part.from_text("level", str(self.level)),))

    @hookimpl
    def athena_config_check(self, change: Change) -> None:
        if isinstance(change.new, Level) and change.new.level == 8:
            raise ValueError("eight is too much today")
        if isinstance(change.new, Level) and change.new.level == 7:
            release.wait(20)

    @hookimpl
    def athena_config_reload(self, change: Change) -> None:
        assert isinstance(change.new, Level)
        self.level = change.new.level


class Doorman(Guard):
    """A guard whose section may change, or fail to."""

    Section = Level

    def __init__(self, options: Level) -> None:
        self.levels = [options.level]

    @hookimpl
    def athena_provide(self) -> tuple[object, ...]:
        doormen.append(self)
        return (self,)

    @hookimpl
    def athena_config_check(self, change: Change) -> None:
        if isinstance(change.new, Level) and change.new.level == 8:
            raise ValueError("not past me")

    @hookimpl
    def athena_config_reload(self, change: Change) -> None:
        assert isinstance(change.new, Level)
        if change.new.level == 6:
            raise ValueError("could not after all")
        self.levels.append(change.new.level)

    async def check(self, attempt: Attempt) -> Principal | None:
        return None


made: list[Saying] = []
doormen: list[Doorman] = []
release = threading.Event()

TOML = """\
[kernel]
name = "here"
[kernel.limits]
max_in_flight = 10
[guards.d]
level = 1
[services.say]
max_concurrency = 2
[services.say.config]
level = 1
"""


@asynccontextmanager
async def running(text: str = TOML) -> AsyncIterator[tuple[Any, Script]]:
    made.clear()
    doormen.clear()
    release.clear()
    script = Script()
    script.document = Document(text, "1", "site.toml")
    plugins = {**script.plugins(), "guards.d": Doorman}
    try:
        async with athena.start("src://x", wrappers={"say": Saying}, plugins=plugins) as kernel:
            yield kernel, script
    finally:
        release.set()


def document(*changes: tuple[str, str], version: str = "2") -> Document:
    text = TOML
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return Document(text, version, "site.toml")


async def said(kernel: Any) -> str:
    return (await asyncio.wait_for(kernel.once("say", Request("")), 10)).part("level").text  # type: ignore[no-any-return]


async def test_limits_sections_and_a_wrappers_table_change_while_it_runs() -> None:
    async with running() as (kernel, script):
        new = document(
            ("max_in_flight = 10", "max_in_flight = 20"), ("max_concurrency = 2", "max_concurrency = 7"),
            ("[guards.d]\nlevel = 1", "[guards.d]\nlevel = 4"), ("config]\nlevel = 1", "config]\nlevel = 5"),
        )  # fmt: skip
        await kernel.reload(new)
        assert await said(kernel) == "5"
        assert len(made) == 1
        assert doormen[0].levels == [1, 4]
        assert kernel.settings.kernel.limits.max_in_flight == 20
        assert kernel.services()["say"].settings.max_concurrency == 7
        assert script.feedback == [("2", True, "")]


async def test_without_a_document_the_source_is_read_again() -> None:
    async with running() as (kernel, script):
        script.document = document(("config]\nlevel = 1", "config]\nlevel = 3"), version="9")
        await kernel.reload()
        assert await said(kernel) == "3"
        assert script.feedback == [("9", True, "")]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('name = "here"', 'name = "there"', 2, "restart"),
        ("max_in_flight = 10", "max_message = 10000", 4, "restart"),
        ("[guards.d]\nlevel = 1\n", "", 0, "is gone from the file"),
        ("[services.say]", "[meters.m]\n[services.say]", 7, "is new"),
        ("max_concurrency = 2", 'executor = "process"\nwrapper = "nothing"', 9, "given in code"),
        ("config]\nlevel = 1", "config]\nlevel = 99", 10, "0 to 9"),
        ("config]\nlevel = 1", "config]\nlevle = 1", 10, "unknown key"),
        ("config]\nlevel = 1", "config]\nlevel = 8", 9, "eight is too much today"),
        ("[guards.d]\nlevel = 1", "[guards.d]\nlevel = 8", 5, "not past me"),
        ("[guards.d]\nlevel = 1", "[guards.d]\nlevel = 99", 6, "0 to 9"),
        ("[kernel]", "[kernle]", 1, "unknown table"),
        ("[kernel]", "[kernel", 1, ""),
    ],
)
async def test_a_refusal_says_where_and_changes_nothing(old: str, new: str, line: int, words: str) -> None:
    async with running() as (kernel, script):
        also = document((old, new))
        before = kernel.settings
        with pytest.raises(SettingsError) as caught:
            await kernel.reload(also)
        text = str(caught.value)
        assert words in text
        if line:
            assert f"site.toml:{line}:" in text
        assert kernel.settings is before
        assert await said(kernel) == "1"
        assert doormen[0].levels == [1]
        ((version, ok, reason),) = script.feedback
        assert (version, ok) == ("2", False)
        assert words in reason


async def test_one_refusal_refuses_all_and_every_reason_is_told() -> None:
    async with running() as (kernel, _):
        new = document(
            ('name = "here"', 'name = "there"'), ("[guards.d]\nlevel = 1", "[guards.d]\nlevel = 8"),
            ("config]\nlevel = 1", "config]\nlevel = 5"), ("max_concurrency = 2", "max_concurrency = 9"),
        )  # fmt: skip
        with pytest.raises(SettingsError) as caught:
            await kernel.reload(new)
        assert [problem.path for problem in caught.value.problems] == [("kernel", "name"), ("guards", "d")]
        assert await said(kernel) == "1"
        assert kernel.services()["say"].settings.max_concurrency == 2


async def test_silence_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "SILENCE", 0.1)
    async with running() as (kernel, _):
        with pytest.raises(SettingsError, match=r"did not answer within 0\.1 s"):
            await kernel.reload(document(("config]\nlevel = 1", "config]\nlevel = 7")))
        release.set()
        assert await said(kernel) == "1"


async def test_phase_two_cannot_fail_a_plugin_that_does_is_logged_and_the_rest_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running() as (kernel, script):
        new = document(("[guards.d]\nlevel = 1", "[guards.d]\nlevel = 6"), ("config]\nlevel = 1", "config]\nlevel = 5"))
        with caplog.at_level(logging.ERROR):
            await kernel.reload(new)
        assert await said(kernel) == "5"
        assert "could not after all" in caplog.text
        assert script.feedback == [("2", True, "")]


async def test_two_reloads_at_once_come_one_after_the_other() -> None:
    async with running() as (kernel, script):
        await asyncio.gather(
            *(
                kernel.reload(document(("config]\nlevel = 1", f"config]\nlevel = {level}"), version=str(level)))
                for level in (2, 3, 4)
            )
        )
        assert await said(kernel) == "4"
        assert [version for version, ok, _ in script.feedback if ok] == ["2", "3", "4"]


async def test_calls_go_on_while_it_is_reloaded() -> None:
    async with running() as (kernel, _):
        calls = [asyncio.create_task(kernel.once("say", Request(""))) for _ in range(8)]
        await kernel.reload(document(("config]\nlevel = 1", "config]\nlevel = 5")))
        replies = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 10)
        assert not [reply for reply in replies if isinstance(reply, BaseException)]


async def test_a_refused_reload_lets_nothing_in_that_was_blocked_and_blocks_nothing_more() -> None:
    async with running() as (kernel, _):
        with pytest.raises(SettingsError):
            await kernel.reload(document(("[kernel]", '[plugins]\nblock = ["executors.thread"]\n[kernel]\nnaem = 1')))
        await kernel.reload(document(("config]\nlevel = 1", "config]\nlevel = 5"), version="3"))
        assert await said(kernel) == "5"
        await refused(kernel.once("nobody", Request("")))
