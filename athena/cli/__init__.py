"""The command ``athena``. Importing this costs nothing; the commands live in modules that are fetched when typed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from .garbage import put_off
from .streams import reserve

__all__ = ["main"]

EXTRA = frozenset({"click", "rich", "jinja2", "tomlkit", "textual"})
"""What ``pip install 'athena-serving[cli]'`` adds."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after ``athena``; None takes the process's own.

    Returns:
        0 clean, 1 failed, 2 refused: nothing was started.
    """
    reserve()
    try:
        with put_off():
            code: int = importlib.import_module(f"{__name__}.app").run(argv)
    except ModuleNotFoundError as error:
        if error.name not in EXTRA:
            raise
        sys.stderr.write(f"athena: the command line needs {error.name}: pip install 'athena-serving[cli]'\n")
        return 2
    return code
