"""Nothing happens at import: no thread, no environment read, no socket, no process, no logging handler."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tools import house

PLANTED = """
import logging, os, socket, threading
import json.decoder
mode = os.environ.get("MODE")
home = os.getenv("HOME")
threading.Thread(target=int).start()
logging.getLogger("athena.x").addHandler(logging.NullHandler())
socket.create_server(("127.0.0.1", 0)).close()
"""


def did(root: Path, *modules: str) -> list[str]:
    """What files under a folder do while modules are imported, in an interpreter of their own."""
    command = [sys.executable, "-m", "tools.quiet", str(root), *modules]
    run = subprocess.run(command, cwd=house.ROOT, capture_output=True, text=True, timeout=50, check=False)
    assert run.returncode == 0, run.stderr
    seen: list[str] = json.loads(run.stdout.splitlines()[-1])
    return seen


def test_importing_any_module_of_ours_does_nothing() -> None:
    modules = [source.module for source in house.shipped()]
    assert "athena.errors" in modules
    assert "athena_wrapper_echo" in modules
    assert did(house.ROOT, *modules) == []


def test_a_module_that_does_something_would_be_seen(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "planted.py").write_text(PLANTED, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    seen = " ".join(did(tmp_path, "planted"))
    for what in ("MODE", "HOME", "started the thread", "logging handlers", "socket.bind"):
        assert what in seen
