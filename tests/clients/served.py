"""A kernel with the services of ``models``, and tritonclient in an environment of its own that calls it."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from athena.kernel import Kernel, start
from athena.models import Document

from . import models

TRITON = "2.73.0"
HERE = Path(__file__).parent
TOML = "[kernel]\ndrain_timeout = 1.0\n[transports.http]\nport = 0\n[transports.grpc]\nport = 0\n"


def environment(name: str, *wanted: str) -> str:
    """The interpreter of an environment that has these packages: a cached one, or one made now.

    Foreign clients pin what clashes with ours, hence an environment of their own.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    cache.mkdir(parents=True, exist_ok=True)
    home, done = cache / name, cache / name / ".complete"
    made = str(home / "bin" / "python")
    with open(cache / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process of the same run may be making it
        if not done.exists():
            _make(home, made, wanted)
            done.touch()
    return made


def _make(home: Path, python: str, wanted: tuple[str, ...]) -> None:
    install = [python, "-m", "pip", "install", "-q", "--only-binary=:all:", *wanted]
    for command in ([sys.executable, "-m", "venv", str(home)], install):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            pytest.skip(f"{', '.join(wanted)} cannot be installed here: {ran.stderr.strip()[-300:]}")


def serving() -> Any:  # Any: an asynchronous context manager of a Kernel
    """The kernel that the clients call."""
    wrappers = {"simple": models.Simple(), "any": models.Any(), "words": models.Words(), "sums": models.Sums()}
    return start(Document(TOML, "1", "clients.toml"), wrappers=wrappers)


async def played(kernel: Kernel, python: str, wire: str) -> dict[str, Any]:
    """What ``triton.py`` saw on one wire: scene → result."""
    port = next(one.port for one in kernel.endpoints if one.scheme == wire)
    process = await asyncio.create_subprocess_exec(
        python, str(HERE / "triton.py"), wire, f"127.0.0.1:{port}", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), 90)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, err.decode()[-3000:]
    found: dict[str, Any] = json.loads(out)
    return found
