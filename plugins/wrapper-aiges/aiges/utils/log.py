"""Loggers for wrappers. Nothing is configured at import: where a kernel hosts the wrapper, its log takes the lines."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

__all__ = ["getFileLogger", "getLogger", "log"]

FORMAT = "%(asctime)s %(name)s %(levelname)s %(filename)s:%(lineno)d %(message)s"
log = logging.getLogger("aiges")


def getLogger(fmt: str = FORMAT, level: int = logging.INFO, name: str = "aiges") -> logging.Logger:
    """A logger of that level; its lines go where the process sends its own."""
    logger = logging.getLogger(name)
    logger.setLevel(level)
    return logger


def getFileLogger(fmt: str = FORMAT, level: int = logging.DEBUG, name: str = "wrapper") -> logging.Logger:
    """A logger that also writes ``/log/app/<name>.log``, where that folder can be written to."""
    logger = getLogger(fmt, level, name)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    folder = Path("/tmp/log/app" if sys.platform == "darwin" else "/log/app")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = logging.FileHandler(folder / f"{name}.log", encoding="utf-8", delay=True)
        (folder / f"{name}.log").open("a").close()
    except OSError:
        # Upstream's container runs as root and has the folder; elsewhere the process's own log is enough.
        return logger
    file.setFormatter(logging.Formatter(fmt))
    logger.addHandler(file)
    return logger
