"""``athena reload``: what changed is said line by line; a refusal says where, and that nothing changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import athena as kernel_package
from athena.kernel import BlockingKernel

from .conftest import Typed

TOML = '[kernel]\ncontrol = "{folder}/s"\n[services.echo]\nwrapper = "echo"\nexecutor = "thread"\nqueue = 3\n'


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[BlockingKernel]:
    write(tmp_path)
    with kernel_package.start(tmp_path / "aiges.toml") as running:
        yield running


def write(folder: Path, old: str = "", new: str = "") -> None:
    text = TOML.replace("{folder}", str(folder))
    assert old in text
    # watch = false: the command is to be what reloads.
    (folder / "aiges.toml").write_text(text.replace(old, new).replace("[kernel]", "[kernel]\nwatch = false"))


def test_what_changed_is_said(kernel: BlockingKernel, tmp_path: Path, athena: Callable[..., Typed]) -> None:
    write(tmp_path, "queue = 3", "queue = 4")
    code, out, err = athena("reload", "--control", str(tmp_path / "s"))
    first, *rest = out.splitlines()
    assert (code, err, rest) == (0, "", ["  services.echo.queue: 3 → 4"])
    assert first.startswith("reloaded: generation 2, configuration ")
    assert kernel.services()["echo"].settings.queue == 4
    assert athena("reload", "--control", str(tmp_path / "s"))[1].splitlines()[1:] == ["  nothing has changed"]


def test_a_refusal_says_where_and_that_nothing_changed(
    kernel: BlockingKernel, tmp_path: Path, athena: Callable[..., Typed]
) -> None:
    write(tmp_path, "queue = 3", "quee = 4")
    code, out, err = athena("reload", "--control", str(tmp_path / "s"))
    assert (code, out) == (2, "")
    assert "aiges.toml:7: services.echo.quee: unknown key" in err
    assert "refused: what ran before runs on unchanged" in err
    assert kernel.services()["echo"].settings.queue == 3


def test_a_swap_that_cannot_be_is_refused_by_name(
    kernel: BlockingKernel, tmp_path: Path, athena: Callable[..., Typed]
) -> None:
    code, _, err = athena("reload", "--control", str(tmp_path / "s"), "--swap", "echo", "--swap", "nobody")
    assert code == 2
    assert "services.nobody: no such service to swap" in err
    assert "cannot load another version" in err


def test_as_json(kernel: BlockingKernel, tmp_path: Path, athena: Callable[..., Typed]) -> None:
    write(tmp_path, "queue = 3", "queue = 4")
    told = json.loads(athena("reload", "--json", "--control", str(tmp_path / "s"))[1])
    assert (told["ok"], told["changed"], told["config"]["generation"]) == (True, ["services.echo.queue: 3 → 4"], 2)
    write(tmp_path, "queue = 3", "quee = 4")
    code, out, _ = athena("reload", "--json", "--control", str(tmp_path / "s"))
    (problem,) = json.loads(out)["problems"]
    assert (code, problem["path"], problem["line"]) == (2, ["services", "echo", "quee"], 7)


def test_nobody_there_is_a_sentence(tmp_path: Path, athena: Callable[..., Typed]) -> None:
    code, _, err = athena("reload", "--control", str(tmp_path / "s"))
    assert (code, "no kernel answers at" in err) == (1, True)
