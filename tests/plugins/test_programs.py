"""Which files are workers of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from athena.plugins import is_program


def put(folder: Path, name: str, text: str, mode: int = 0o755) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


@pytest.mark.parametrize(
    ("name", "text", "mode", "is_one"),
    [
        ("shout.mjs", "#!/usr/bin/env node\n", 0o755, True),
        ("in/shout", "\x7fELF", 0o755, True),
        ("in/shout", "", 0o644, False),
        ("shout.mjs", "#!/usr/bin/env node\n", 0o644, False),
        ("shout.mjs", "// what would run it?\n", 0o755, False),
        ("wrapper.py", "#!/usr/bin/env python3\n", 0o755, False),
        ("lib.so", "#!/bin/sh\n", 0o755, False),
        ("my.jar", "#!/bin/sh\n", 0o755, False),
    ],
)
def test_an_executable_is_a_worker_when_it_says_what_runs_it(
    tmp_path: Path, name: str, text: str, mode: int, is_one: bool
) -> None:
    put(tmp_path, name, text, mode)
    assert is_program(name, tmp_path) is is_one
    assert is_program(str(tmp_path / name), Path("/elsewhere")) is is_one


@pytest.mark.parametrize("reference", ["echo", "module:Class", "./nowhere", "./in"])
def test_names_imports_and_folders_are_none(tmp_path: Path, reference: str) -> None:
    put(tmp_path, "echo", "#!/bin/sh\n")
    (tmp_path / "in").mkdir()
    assert not is_program(reference, tmp_path)
