"""``python -m aiges create -n NAME``: a wrapper of upstream's shape, and what runs it; ``pack``: it in one file."""

from __future__ import annotations

import argparse
import re
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from .templates import TEMPLATES

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command.

    Returns:
        0, or 2 where it was refused.
    """
    parser = argparse.ArgumentParser(prog="python -m aiges", description="Wrappers of upstream's shape.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="make a new one")
    create.add_argument("-n", "--name", required=True, help="its name")
    create.add_argument("-p", "--path", default=".", help="where its folder is made")
    pack = verbs.add_parser("pack", help="put a wrapper's folder into one file")
    pack.add_argument("-l", "--location", required=True, help="the folder that has its wrapper.py")
    pack.add_argument("-o", "--output", required=True, help="the file, .tar.gz")
    given = parser.parse_args(arguments)
    try:
        if given.verb == "create":
            print(created(given.name, Path(given.path)))
        else:
            print(packed(Path(given.location), Path(given.output)))
    except (OSError, ValueError) as error:
        print(f"aiges: {error}", file=sys.stderr)
        return 2
    return 0


def created(name: str, where: Path) -> Path:
    """Make the folder of a new wrapper.

    Raises:
        ValueError: The name cannot be a service's.
        FileExistsError: There is such a folder already.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ValueError(f"{name!r} is no name: letters, digits, dot, underscore and hyphen")
    folder = where / name
    folder.mkdir(parents=True)
    for path, text in TEMPLATES.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text.replace("NAME", name), encoding="utf-8")
    return folder


def packed(folder: Path, output: Path) -> Path:
    """Put a wrapper's folder into one file.

    Raises:
        ValueError: It has no wrapper.py.
    """
    if not any((folder / each).is_file() for each in ("wrapper.py", "wrapper/wrapper.py")):
        raise ValueError(f"{folder} has no wrapper.py")
    if not output.name.endswith((".tar.gz", ".tgz")):
        output = output.with_name(f"{output.name}.tar.gz")
    with tarfile.open(output, "w:gz") as archive:
        archive.add(folder, arcname=folder.resolve().name, filter=_without_caches)
    return output


def _without_caches(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in Path(entry.name).parts else entry


if __name__ == "__main__":
    sys.exit(main())
