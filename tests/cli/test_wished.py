"""Options stay in force over every later version of the file, and what is wrong is told where it was written."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
import pytest

from athena.cli.compose import set_wish
from athena.cli.wished import WishedSource
from athena.errors import Problem, SettingsError

WISHES = set_wish("services.a.queue=7")


async def test_every_version_of_the_file_has_the_options_in_it(tmp_path: Path) -> None:
    path = tmp_path / "aiges.toml"
    path.write_text('[services.a]\nwrapper = "a"\n')
    source = WishedSource(str(path), WISHES)
    assert "queue = 7" in (await source.read()).text
    watching = asyncio.ensure_future(source.watch().__anext__())
    await asyncio.sleep(0.1)
    path.write_text('[services.a]\nwrapper = "b"\n')
    document = await asyncio.wait_for(watching, 10)
    assert "queue = 7" in document.text
    assert 'wrapper = "b"' in document.text


async def test_a_problem_is_told_where_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "aiges.toml"
    path.write_text('[services.a]\nwrapper = "a"\n')
    source = WishedSource(str(path), WISHES)
    document = await source.read()
    line = next(number for number, text in enumerate(document.text.splitlines(), 1) if "queue" in text)
    told = source.explain(SettingsError([Problem(("services", "a", "queue"), "too few", str(path), line)]))
    assert "--set services.a.queue=7" in str(told)
    assert str(path) not in str(told)


async def test_an_option_that_no_longer_fits_the_file_is_a_refusal_once_it_serves(tmp_path: Path) -> None:
    path = tmp_path / "aiges.toml"
    path.write_text("services = 1\n")
    with pytest.raises(click.UsageError):
        await WishedSource(str(path), WISHES).read()
    path.write_text("")
    source = WishedSource(str(path), WISHES)
    await source.read()
    path.write_text("services = 1\n")
    with pytest.raises(SettingsError, match="it is no table"):
        await source.read()


async def test_options_alone_never_change() -> None:
    source = WishedSource("", WISHES)
    assert "queue = 7" in (await source.read()).text
    watching = asyncio.ensure_future(source.watch().__anext__())
    assert await asyncio.wait([watching], timeout=0.1) == (set(), {watching})
    watching.cancel()
