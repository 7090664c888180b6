"""The rooms on every call's way as C: ``python -m tools.compiled build`` makes them in place, ``clean`` forgets them.

Which rooms these are stands in each distribution's pyproject.toml, under ``hooks.mypyc``; a wheel has them where
``HATCH_BUILD_HOOKS_ENABLE=1`` is set while it is built. Python takes the compiled room where there is one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from tools import house, tree

__all__ = ["build", "clean", "made", "missing", "rooms"]

_HINT = "a C compiler and Python's headers are needed; on Debian: apt-get install gcc libc6-dev python3-dev"


def missing() -> str:
    """What has to be installed first; "" where nothing has."""
    headers = Path(sysconfig.get_path("include"), "Python.h")
    there = shutil.which(os.environ.get("CC", "cc")) is not None and headers.is_file()
    return "" if there else _HINT


def rooms(root: Path = house.ROOT) -> dict[Path, list[Path]]:
    """The sources that are compiled, by the folder of their distribution."""
    found: dict[Path, list[Path]] = {}
    for project in sorted(
        [root / "pyproject.toml", *root.glob("proto/pyproject.toml"), *root.glob("*/*/pyproject.toml")]
    ):
        targets = tree.read(project).get("tool", {}).get("hatch", {}).get("build", {}).get("targets", {})
        listed = targets.get("wheel", {}).get("hooks", {}).get("mypyc", {}).get("include", [])
        if listed:
            found[project.parent] = [project.parent / name for name in listed]
    return found


def made(root: Path = house.ROOT) -> list[Path]:
    """What building has left in place."""
    found: list[Path] = []
    for folder, sources in rooms(root).items():
        found += folder.glob("*__mypyc.*.so")
        for source in sources:
            found += source.parent.glob(f"{source.stem}.*.so")
    return found


def clean(root: Path = house.ROOT) -> None:
    """Have Python read the sources again."""
    for path in made(root):
        path.unlink()


def build(root: Path = house.ROOT) -> None:
    """Compile every room, in place.

    Raises:
        SystemExit: It cannot be done here; the sentence says why.
    """
    if missing():
        raise SystemExit(missing())
    clean(root)
    for folder, sources in rooms(root).items():
        print(f"compiling {len(sources)} rooms of {folder.relative_to(root.parent)}", flush=True)
        with tempfile.TemporaryDirectory() as wheels:
            done = subprocess.run(
                [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", wheels],
                cwd=folder,
                env=os.environ | {"HATCH_BUILD_HOOKS_ENABLE": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        if done.returncode:
            clean(root)
            raise SystemExit(f"{done.stdout}\n{folder}: not compiled; {_HINT}")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m tools.compiled", description=__doc__)
    parser.add_argument("do", choices=("build", "clean"))
    {"build": build, "clean": clean}[parser.parse_args().do]()


if __name__ == "__main__":
    main()
