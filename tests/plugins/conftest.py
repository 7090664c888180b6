"""Distributions that exist only for a test: a folder with metadata and modules on the path, as pip would leave it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest


class Site:
    """A folder on ``sys.path`` in which distributions can be installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, entries: str, version: str = "1.0", **modules: str) -> None:
        """A distribution with these entry points (``[group]`` and ``name = value`` lines) and modules."""
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(dedent(entries))
        for module, text in modules.items():
            self.write(f"{module}.py", text)

    def write(self, path: str, text: str) -> Path:
        """A file beside them."""
        file = self.folder / path
        file.write_text(dedent(text))
        return file


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty folder, first on the path; what was imported from it is forgotten."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before, path = set(sys.modules), sys.path[:]
    yield Site(folder)
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
