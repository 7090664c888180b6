"""Which running kernel a command is meant for: the only one, the one of a file, or the one at a path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..control import ask, found
from ..errors import AthenaError

__all__ = ["control_option", "file_argument", "pick"]

file_argument = click.argument("file", required=False, metavar="[FILE]")
control_option = click.option(
    "--control", metavar="PATH", help="Its control socket; needed where the toml names one of its own."
)


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
    there = [(path, told) for path in found() if (told := _status(path)) is not None]
    if file is not None:
        wanted = str(Path(file).resolve())
        there = [(path, told) for path, told in there if told["config"]["origin"] == wanted]
    if len(there) == 1:
        return there[0][0]
    if not there:
        which = "no kernel" if file is None else f"no kernel that runs {file}"
        raise AthenaError(
            f"{which} of this user answers; one whose kernel.control is a path is named by --control PATH"
        )
    lines = [f"  {told['name']} (pid {told['pid']}) runs {told['config']['origin']}: {path}" for path, told in there]
    raise AthenaError("\n".join(["several kernels answer; name the FILE, or the socket with --control:", *lines]))


def _status(path: Path) -> Any:  # Any: what stands in a JSON document
    try:
        return ask(path, "status")
    except AthenaError:
        return None  # it went away between the two questions
