"""The file source: read whole, watched, told what became of it."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from athena.errors import SettingsError
from athena.interfaces import ConfigSource
from athena.models import Document
from athena.section import BadValue
from athena.settings import settle, source
from athena.settings.reader import LIMIT
from athena.settings.source import FileSource
from athena.testing.bounded import eventually


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LOOK", 0.02)
    monkeypatch.setattr(source, "SETTLE", 0.02)


def made(path: Path | str) -> FileSource:
    return FileSource(FileSource.Section(path=str(path)))


@asynccontextmanager
async def watching(files: FileSource) -> AsyncIterator[asyncio.Queue[Document]]:
    """Documents as they come; the watcher is ended with the block."""
    seen: asyncio.Queue[Document] = asyncio.Queue()

    async def follow() -> None:
        async for document in files.watch():
            seen.put_nowait(document)

    task = asyncio.create_task(follow())
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def following(seen: asyncio.Queue[Document]) -> str:
    return (await asyncio.wait_for(seen.get(), 20)).text


async def test_a_file_is_read_whole_with_a_version_of_its_text(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("[kernel]\n")
    document = await made(path).read()
    assert (document.text, document.origin) == ("[kernel]\n", str(path))
    path.touch()
    assert (await made(path).read()).version == document.version
    path.write_text("[log]\n")
    assert (await made(path).read()).version != document.version


async def test_the_origin_is_the_path_as_the_user_gave_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbf[kernel]\n")
    assert (await made("./a.toml").read()).origin == "./a.toml"
    assert (await made("a.toml").read()).text == "[kernel]\n"


async def refusal(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        await made(path).read()
    return str(caught.value).removeprefix(str(path))


async def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    assert await refusal(tmp_path / "nowhere.toml") == ": no such file"
    assert await refusal(tmp_path) == ": cannot be read: is a directory"
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert await refusal(loop) == ": cannot be read: too many levels of symbolic links"
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"a = 1\nb = '\xff'\n")
    assert await refusal(bad) == ":2: not UTF-8 at byte 11"
    bad.write_bytes(b"#" * (LIMIT + 1))
    assert await refusal(bad) == f": more than {LIMIT} bytes; a configuration has at most that"


@pytest.mark.usefixtures("quick")
async def test_a_file_put_in_its_place_and_one_written_in_place_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("a = 1\n")
    files = made(path)
    await files.read()
    async with watching(files) as seen:
        (tmp_path / "new").write_text("a = 2\n")
        os.replace(tmp_path / "new", path)
        assert await following(seen) == "a = 2\n"
        path.write_text("a = 30\n")
        assert await following(seen) == "a = 30\n"
        assert seen.empty()


@pytest.mark.usefixtures("quick")
async def test_a_file_only_touched_is_no_news_and_one_that_is_away_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("a = 1\n")
    files = made(path)
    await files.read()
    async with watching(files) as seen:
        os.utime(path, (1, 1))
        await asyncio.sleep(0.2)
        path.unlink()
        await asyncio.sleep(0.2)
        assert seen.empty()
        path.write_text("a = 2\n")
        assert await following(seen) == "a = 2\n"


@pytest.mark.usefixtures("quick")
async def test_a_change_that_cannot_be_read_is_logged_once_and_the_next_one_is_seen(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.toml"
    path.write_text("a = 1\n")
    files = made(path)
    await files.read()
    async with watching(files) as seen:
        path.write_bytes(b"\xff")
        await eventually(lambda: "not UTF-8" in caplog.text, "it is said")
        await asyncio.sleep(0.3)
        path.write_text("a = 2\n")
        assert await following(seen) == "a = 2\n"
    assert caplog.text.count("not UTF-8") == 1


async def test_a_file_that_still_changes_is_not_read_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LOOK", 0.02)
    monkeypatch.setattr(source, "SETTLE", 0.5)
    path = tmp_path / "a.toml"
    path.write_text("")
    files = made(path)
    await files.read()
    async with watching(files) as seen:
        for count in range(1, 11):
            path.write_text("a = 1\n" * count)
            await asyncio.sleep(0.05)
        assert await following(seen) == "a = 1\n" * 10


async def test_a_log_that_is_written_beside_the_file_wakes_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "aiges.toml"
    path.write_text("a = 1\n")
    files = FileSource(FileSource.Section(path=str(path)))
    await files.read()
    async with watching(files) as seen:
        for number in range(10):
            (tmp_path / "athena.log").write_text(f"line {number}\n")
            await asyncio.sleep(0.03)
        path.write_text("a = 2\n")
        assert await following(seen) == "a = 2\n"
    assert "detected" not in caplog.text, "each line of the log would make another one"


async def test_feedback_goes_to_the_log_of_whoever_looks_closely(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await made("a.toml").feedback("0123456789abcdef", True, "")
    await made("a.toml").feedback("0123456789abcdef", False, "echo says no")
    assert "a.toml: version 0123456789ab is running" in caplog.text
    assert "a.toml: version 0123456789ab was refused: echo says no" in caplog.text


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("aiges.toml", "aiges.toml"),
        ("/etc/a b.toml", "/etc/a b.toml"),
        ("file:///etc/a%20b.toml", "/etc/a b.toml"),
        ("FILE://localhost/x", "/x"),
        ("file:conf/x.toml", "conf/x.toml"),
        ("50%.toml", "50%.toml"),
    ],
)
def test_a_path_and_a_file_url_make_a_section(url: str, path: str) -> None:
    assert FileSource.Section.from_url(url) == FileSource.Section(path=path)


@pytest.mark.parametrize("url", ["file://elsewhere/x", "file:"])
def test_a_url_of_another_machine_or_of_nothing_is_refused(url: str) -> None:
    with pytest.raises(BadValue):
        FileSource.Section.from_url(url)


def test_it_is_a_plugin_and_a_config_source() -> None:
    files = FileSource(settle(FileSource.Section, {"path": "x.toml"}))
    assert ConfigSource in type(files).__mro__
    assert files.athena_provide(None) == (files,)  # type: ignore[arg-type]


async def test_without_watchfiles_the_file_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, needed_for: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(source, "optional", missing)
    monkeypatch.setattr(source, "LOOK", 0.05)
    path = tmp_path / "aiges.toml"
    path.write_text("a = 1\n")
    files = FileSource(FileSource.Section(path=str(path)))
    await files.read()
    async with watching(files) as seen:
        path.write_text("a = 2\n")
        assert await following(seen) == "a = 2\n"
