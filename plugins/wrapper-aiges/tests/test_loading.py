"""How a wrapper's file is imported, and whether it calls back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from athena.errors import PluginBroken
from athena_wrapper_aiges.loading import calls_back, imported, owner_of

from .author import written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def answer(r, sid):\n    callback(r, sid)", True),
        ("def answer(self, r):\n    self.session_thread.callback_fn(r, '')", True),
        ("from aiges.dto import callback", False),
    ],
)
def test_a_callback_counts_where_it_is_used_not_where_it_is_imported(tmp_path: Path, text: str, expected: bool) -> None:
    assert calls_back(imported(str(written(tmp_path, text)), isolated=False)) is expected


def test_a_worker_of_its_own_goes_to_the_wrappers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.chdir(private)
    monkeypatch.setenv("TMPDIR", str(private))
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "labels.txt").write_text("cat")
    module = imported(str(written(tmp_path, "labels = open('labels.txt').read()")), isolated=True)
    assert module.labels == "cat"
    assert (os.path.realpath(os.getcwd()), sys.path[0]) == (os.path.realpath(tmp_path), str(tmp_path))


def test_a_working_directory_that_was_asked_for_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    folder = tmp_path / "deep"
    folder.mkdir()
    imported(str(written(folder, "")), isolated=True)
    assert os.getcwd() == str(tmp_path)


def test_the_only_subclass_will_do_where_none_is_called_wrapper(tmp_path: Path) -> None:
    path = written(tmp_path, "class Mine(WrapperBase):\n    serviceId = 'mine'")
    assert owner_of(imported(str(path), isolated=False), str(path)).serviceId == "mine"


def test_threads_do_not_share_modules_of_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "twin_model.py").write_text(f"NAME = {name!r}\n")
        (folder / f"wrapper_{name}.py").write_text("import twin_model\nNAME = twin_model.NAME\n")
    assert imported(str(tmp_path / "first" / "wrapper_first.py"), isolated=False).NAME == "first"
    with pytest.raises(PluginBroken, match=r'its module twin_model would be .*first.*; use executor = "process"'):
        imported(str(tmp_path / "second" / "wrapper_second.py"), isolated=False)
    del sys.modules["twin_model"]
