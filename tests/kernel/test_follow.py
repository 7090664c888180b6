"""A kernel follows its source: what is new is taken, what is refused is waited out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import athena
from athena.errors import AthenaError
from athena.interfaces import ConfigSource
from athena.kernel import follow as module
from athena.kernel.follow import follow
from athena.models import Document
from athena.testing.bounded import eventually

from .players import Echo


class Told(ConfigSource):
    """Gives out what it is told to; an exception is raised in its place."""

    def __init__(self, *versions: str | Exception) -> None:
        self.versions = list(versions)

    async def read(self) -> Document:
        return Document("")

    async def watch(self) -> AsyncIterator[Document]:
        while self.versions:
            found = self.versions.pop(0)
            if isinstance(found, Exception):
                raise found
            yield Document("", found)

    async def feedback(self, version: str, ok: bool, reason: str) -> None: ...


async def test_every_version_is_taken_and_a_refusal_or_a_failure_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN", 0.01)
    taken: list[str] = []

    async def reload(document: Document) -> tuple[str, ...]:
        taken.append(document.version)
        if document.version == "bad":
            raise AthenaError("no")
        return ()

    await asyncio.wait_for(follow(Told("1", "bad", OSError("away"), "2"), lambda: True, reload), 10)
    assert taken == ["1", "bad", "2"]


async def test_nothing_is_taken_while_it_is_switched_off() -> None:
    taken: list[str] = []
    wanted = iter([True, False, True])

    async def reload(document: Document) -> tuple[str, ...]:
        taken.append(document.version)
        return ()

    await asyncio.wait_for(follow(Told("1", "2", "3"), lambda: next(wanted), reload), 10)
    assert taken == ["1", "3"]


async def test_a_file_that_changes_is_taken_and_a_broken_one_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "aiges.toml"
    path.write_text("[services.echo]\nqueue = 1\n")
    async with athena.start(path, wrappers={"echo": Echo()}) as kernel:
        path.write_text("[services.echo]\nqueue = 2\n")
        await eventually(lambda: kernel.services()["echo"].settings.queue == 2, "the change is taken")
        with caplog.at_level(logging.WARNING):
            path.write_text("[services.echo\n")
            await eventually(lambda: "aiges.toml:1" in caplog.text, "the broken one is refused")
        assert kernel.services()["echo"].settings.queue == 2
        path.write_text("[kernel]\nwatch = false\n[services.echo]\nqueue = 3\n")
        await eventually(lambda: kernel.services()["echo"].settings.queue == 3, "the last one that is taken")
        path.write_text("[kernel]\nwatch = false\n[services.echo]\nqueue = 4\n")
        await asyncio.sleep(1.0)
        assert kernel.services()["echo"].settings.queue == 3
        assert await kernel.reload() == ("services.echo.queue: 3 → 4",)
