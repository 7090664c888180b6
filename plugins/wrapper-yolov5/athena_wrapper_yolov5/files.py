"""Files that the service's table names."""

from __future__ import annotations

from pathlib import Path

__all__ = ["existing"]


def existing(key: str, path: str) -> Path:
    """The file that a key of the table names.

    A worker process has a working directory of its own, so that a path from the toml's folder leads nowhere.

    Raises:
        ValueError: There is none, with what would do.
    """
    file = Path(path)
    if not file.is_file():
        would = "" if file.is_absolute() else '; say the whole path, or [services.x.process] cwd = "."'
        raise ValueError(f"{key}: {file.absolute()}: no such file{would}")
    return file
