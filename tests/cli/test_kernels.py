"""Which kernel is meant: the only one, the one of a file, the one at a path; otherwise everybody is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import athena
from athena.cli.kernels import pick
from athena.control import ask
from athena.errors import AthenaError


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two that run; the folder has their files a.toml and b.toml, and their sockets athena/a and athena/b."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "athena").mkdir(mode=0o700)
    with ExitStack() as stack:
        for name in ("a", "b"):
            text = f'[kernel]\nname = "{name}"\ncontrol = "{tmp_path}/athena/{name}.sock"\n'
            (tmp_path / f"{name}.toml").write_text(text)
            stack.enter_context(athena.start(tmp_path / f"{name}.toml"))
        yield tmp_path


def test_the_one_that_runs_a_file_is_meant_by_it(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(kernels)
    assert ask(pick("b.toml", None), "status")["name"] == "b"
    assert ask(pick(str(kernels / "a.toml"), None), "status")["name"] == "a"
    assert pick(None, "some/where") == Path("some/where")


def test_a_file_that_names_its_own_socket_leads_there_while_it_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    good = f'[kernel]\nname = "c"\ncontrol = "{tmp_path}/elsewhere"\n'
    file.write_text(good)
    with athena.start(file):
        assert ask(pick(str(file), None), "status")["name"] == "c"
        file.write_text(good + "[kernel.limits]\nmax_mesage = 1\n")
        assert ask(pick(str(file), None), "status")["name"] == "c"
        for broken in (good + "[", "kernel = 1\n", "[kernel]\ncontrol = 1\n"):
            file.write_text(broken)
            with pytest.raises(AthenaError, match=r"where kernel\.control is a path, name the socket by --control"):
                pick(str(file), None)


def test_several_are_named(kernels: Path) -> None:
    with pytest.raises(AthenaError, match="several kernels answer") as caught:
        pick(None, None)
    assert "a (pid " in str(caught.value)
    assert str(kernels / "b.toml") in str(caught.value)


def test_none_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(AthenaError, match="no kernel of this user answers"):
        pick(None, None)
    with pytest.raises(AthenaError, match=r"no kernel that runs x\.toml"):
        pick("x.toml", None)
