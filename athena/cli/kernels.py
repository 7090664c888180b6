"""Which running kernel a command is meant for: the only one, the one of a file, or the one at a path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from .._compat import tomllib
from ..control import ask, found
from ..errors import AthenaError

__all__ = ["control_option", "file_argument", "pick"]

file_argument = click.argument("file", required=False, metavar="[FILE]")
control_option = click.option("--control", metavar="PATH", help="Its control socket, where FILE does not lead there.")


def pick(file: str | None, control: str | None) -> Path:
    """The control socket of the kernel that is meant.

    Args:
        file: The configuration it runs; None for the only kernel there is.
        control: Its socket.

    Raises:
        AthenaError: There is none, or there are several.
    """
    if control is not None:
        return Path(control)
    paths = [*found(), *_named(file)] if file is not None else found()
    there = [(path, told) for path in dict.fromkeys(paths) if (told := _status(path)) is not None]
    if file is not None:
        wanted = str(Path(file).resolve())
        there = [(path, told) for path, told in there if told["config"]["origin"] == wanted]
    if len(there) == 1:
        return there[0][0]
    if not there:
        which = "no kernel" if file is None else f"no kernel that runs {file}"
        raise AthenaError(
            f"{which} of this user answers; where kernel.control is a path, name the socket by --control PATH"
        )
    lines = [f"  {told['name']} (pid {told['pid']}) runs {told['config']['origin']}: {path}" for path, told in there]
    raise AthenaError("\n".join(["several kernels answer; name the FILE, or the socket with --control:", *lines]))


def _named(file: str) -> Iterator[Path]:
    """The socket that the file itself names, where it can be read: it may be the one that is to be mended."""
    try:
        control = tomllib.loads(Path(file).read_text("utf-8-sig"))["kernel"]["control"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if isinstance(control, str) and control not in {"auto", "off"}:
        yield Path(control).absolute()


def _status(path: Path) -> Any:  # Any: what stands in a JSON document
    try:
        return ask(path, "status")
    except AthenaError:
        return None  # it went away between the two questions
