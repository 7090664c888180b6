"""Wrappers that are programs of their own: an executable file which speaks the worker protocol, in any language."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["is_program"]

_NOT_RUN = frozenset({"py", "so", "jar"})
"""Suffixes that mean a host also where the file could be run: what it starts would not speak the protocol."""


def is_program(reference: str, folder: Path) -> bool:
    """Whether ``wrapper =`` is the path of a worker that is started as it is, and needs no host.

    It is one that may be executed: a binary without a suffix, or a script of whatever suffix that begins with ``#!``
    and so says itself what runs it.

    Args:
        reference: What ``wrapper =`` says.
        folder: What a relative path starts from.
    """
    suffix = Path(reference).suffix.removeprefix(".")
    if ("/" not in reference and not suffix) or ":" in reference or suffix in _NOT_RUN:
        return False
    path = folder / reference
    if not path.is_file() or not os.access(path, os.X_OK):
        return False
    if not suffix:
        return True
    with path.open("rb") as file:
        return file.read(2) == b"#!"
