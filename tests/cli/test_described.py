"""Whose description is meant: a service of a file, or a wrapper alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from athena.cli.described import describe
from athena.errors import SettingsError

MINE = """
from athena import Reply, Wrapper, hookimpl

class Mine(Wrapper):
    version = "3"

    @hookimpl
    def athena_once_exec(self, request):
        return Reply()
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


async def test_a_wrapper_is_asked_by_its_name() -> None:
    name, description = await describe("echo")
    assert (name, description.version) == ("echo", "1.0")
    assert "session" in description.operations


async def test_a_wrapper_is_asked_by_its_path_and_may_be_given_a_name(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    assert (await describe("./mine.py"))[0] == "mine"
    assert (await describe("own=./mine.py"))[0] == "own"


async def test_a_service_of_the_file_goes_before_a_wrapper_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "aiges.toml").write_text('[services.echo]\nwrapper = "./mine.py"\n')
    assert (await describe("echo"))[1].version == "3"


async def test_what_is_neither_is_refused_with_what_there_is() -> None:
    with pytest.raises(SettingsError, match=r"wrappers.parrot is not installed; installed: echo"):
        await describe("parrot")
