"""The distributions of this repository, read from the disk: nobody keeps a list of them by hand."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEMPLATE = "plugins/_template"
PLACEHOLDER = "replaceme"
# A leaf's kind, which begins its name, and the entry-point group it serves.
GROUPS = {
    "wrapper": "athena.wrappers",
    "transport": "athena.transports",
    "discovery": "athena.discovery",
    "source": "athena.sources",
    "gpu": "athena.gpu",
    "guard": "athena.guards",
    "quota": "athena.quotas",
    "meter": "athena.meters",
    "executor": "athena.executors",
    "balancer": "athena.balancers",
    "middleware": "athena.middleware",
    "host": "athena.hosts",
    "dialect": "athena.dialects",
    "format": "athena.formats",
    "command": "athena.commands",
}
# Served beside a leaf's own group: under URL schemes, under the suffixes of the files they run.
EXTRA_GROUPS = {"athena.channels", "athena.hosts"}
HOMES = {"transports": "transport", "discovery": "discovery"}  # folders whose leaves leave their kind out of their name


@dataclass(frozen=True)
class Leaf:
    """One distribution beside the kernel.

    Attributes:
        root: The repository.
        folder: Its folder, ``transports/http``.
        document: Its ``pyproject.toml``; Any, since that is what toml gives.
    """

    root: Path
    folder: str
    document: dict[str, Any]

    @property
    def path(self) -> Path:
        return self.root / self.folder

    @property
    def project(self) -> dict[str, Any]:
        table: dict[str, Any] = self.document["project"]
        return table

    @property
    def kind(self) -> str | None:
        """``transport``, ``wrapper`` and so on; None for the shelf, which is no plugin."""
        home, _, name = self.folder.partition("/")
        if not name:
            return None
        return HOMES.get(home) or name.partition("-")[0]

    @property
    def name(self) -> str:
        """What the toml calls it: ``http``, ``echo``."""
        home, _, name = self.folder.partition("/")
        return home if not name else name if home in HOMES else name.partition("-")[2]

    @property
    def distribution(self) -> str:
        """What the naming rule says its distribution is called."""
        return f"athena-{self.kind}-{self.name}" if self.kind else f"athena-{self.name}"

    @property
    def module(self) -> str:
        """What the naming rule says its module is called."""
        return self.distribution.replace("-", "_")

    @property
    def entry_points(self) -> dict[str, dict[str, str]]:
        points: dict[str, dict[str, str]] = self.project.get("entry-points", {})
        return points

    def sources(self) -> list[Path]:
        """Every Python file that ships."""
        return sorted((self.path / self.module).rglob("*.py"))


def read(path: Path) -> dict[str, Any]:
    """A toml file; Any, since that is what toml gives."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def leaves(root: Path) -> list[Leaf]:
    """Every distribution but the kernel and the template, in order of its folder."""
    found = [*root.glob("proto/pyproject.toml"), *root.glob("*/*/pyproject.toml")]
    homes = {"proto", "plugins", *HOMES}
    folders = sorted(p.parent.relative_to(root).as_posix() for p in found)
    return [
        Leaf(root, folder, read(root / folder / "pyproject.toml"))
        for folder in folders
        if folder != TEMPLATE and folder.partition("/")[0] in homes
    ]


def points(root: Path, group: str) -> dict[str, str]:
    """The entry points of one group over the whole repository: name to folder, ``.`` for the kernel's own."""
    own = read(root / "pyproject.toml")["project"].get("entry-points", {}).get(group, {})
    found = dict.fromkeys(own, ".")
    for leaf in leaves(root):
        found.update(dict.fromkeys(leaf.entry_points.get(group, {}), leaf.folder))
    return found


def copy_template(root: Path, name: str) -> Path:
    """Copy the template to ``plugins/NAME``, renaming what says ``replaceme``.

    Args:
        root: The repository.
        name: The new leaf's folder, kind first: ``wrapper-yolo``.

    Returns:
        The new folder.

    Raises:
        FileExistsError: There is such a leaf already.
    """
    target = root / "plugins" / name
    short = name.partition("-")[2]
    shutil.copytree(root / TEMPLATE, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "dist"))
    for path in sorted(target.rglob("*"), reverse=True):  # children before their folder, which is renamed too
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            title = "".join(word.capitalize() for word in short.split("-"))
            text = text.replace("ReplaceMe", title).replace(f"_{PLACEHOLDER}", "_" + short.replace("-", "_"))
            path.write_text(re.sub(PLACEHOLDER, short, text), encoding="utf-8")
        if PLACEHOLDER in path.name:
            path.rename(path.with_name(path.name.replace(PLACEHOLDER, short.replace("-", "_"))))
    return target
