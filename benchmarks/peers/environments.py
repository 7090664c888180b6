"""The peers' environments: one each, made from its committed requirements, outside of Athena's own."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree, which

from ..measure import ROOT

VARIABLE = "ATHENA_BENCH_PEERS"
"""Names the folder of the environments; without it they lie in ``benchmarks/.peers``, which git ignores."""
REQUIREMENTS = ROOT / "benchmarks" / "peers" / "requirements"
PYTHON = "3.11"
PATIENCE = 900.0
"""Seconds one installation may take."""


def folder() -> Path:
    """Where the environments lie."""
    return Path(os.environ.get(VARIABLE) or ROOT / "benchmarks" / ".peers").absolute()


def names() -> list[str]:
    """Every environment there can be."""
    return sorted(path.stem for path in REQUIREMENTS.glob("*.txt"))


def python(name: str) -> Path:
    """The interpreter of an environment."""
    return folder() / name / "bin" / "python"


def absence(name: str) -> str:
    """Why a peer cannot be run, as a sentence; "" when it can."""
    if (note := _note(name)).is_file():
        return note.read_text()
    if not python(name).is_file() or not _stamp(name).is_file():
        return "no environment yet: python -m benchmarks peers --prepare makes it"
    if _stamp(name).read_text() != _wanted(name):
        return "its requirements changed: python -m benchmarks peers --prepare"
    return ""


def version(name: str, package: str) -> str:
    """What an environment pins a package to."""
    lines = (REQUIREMENTS / f"{name}.txt").read_text().splitlines()
    return next((line.partition("==")[2] for line in lines if line.startswith(f"{package}==")), "unknown")


def prepare(name: str, said: Callable[[str], None]) -> str:
    """Make an environment, unless it is there already.

    Returns:
        Why it could not be made, "" when it is there; :func:`absence` gives the same from now on.
    """
    if not absence(name):
        said(f"{name}: there already")
        return ""
    place = folder() / name
    rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    _note(name).unlink(missing_ok=True)
    said(f"{name}: installing")
    for command in _commands(place, REQUIREMENTS / f"{name}.txt"):
        if reason := _fails(command):
            _note(name).write_text(f"could not be installed: {reason}")
            return absence(name)
    _stamp(name).write_text(_wanted(name))
    return ""


def _commands(place: Path, requirements: Path) -> list[list[str]]:
    uv = which("uv") or str(Path(sys.executable).parent / "uv")
    interpreter = str(place / "bin" / "python")
    if Path(uv).is_file():
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", interpreter]
        return [[uv, "venv", "--quiet", "--python", PYTHON, str(place)], [*install, "-r", str(requirements)]]
    maker = which(f"python{PYTHON}") or sys.executable
    install = [interpreter, "-m", "pip", "install", "--quiet", "-r", str(requirements)]
    return [[maker, "-m", "venv", str(place)], install]


def _fails(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    # The first line that is no warning says what is wrong; the rest is how the resolver found out.
    found = [line for line in lines if not line.lower().startswith(("warning", "using python"))]
    return " ".join(found[:2])[:300] or f"{Path(command[0]).name} exited with {done.returncode}"


def _wanted(name: str) -> str:
    return hashlib.sha256((REQUIREMENTS / f"{name}.txt").read_bytes()).hexdigest()


def _stamp(name: str) -> Path:
    return folder() / name / ".prepared"


def _note(name: str) -> Path:
    return folder() / f"{name}.absent"
