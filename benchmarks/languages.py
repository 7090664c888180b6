"""What a call to a worker in another language costs, beside one in Python: the examples, built where they can be."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from .judge import Floor
from .measure import ROOT
from .peers.rounds import Absent
from .singles import Sample, Single

__all__ = ["LANGUAGES", "worker"]

EXAMPLES = ROOT / "examples"
SECONDS = 2.0
SIZES = {"128": 128, "1MiB": 1024 * 1024}


@functools.cache
def worker(language: str) -> Path:
    """The file that ``wrapper =`` names.

    Raises:
        Absent: The language is not installed.
    """
    needed = {"node": ("node",), "java": ("java", "javac", "jar", "make")}[language]
    if gone := [tool for tool in needed if shutil.which(tool) is None]:
        raise Absent(f"there is no {' and no '.join(gone)} on this machine")
    if language == "node":
        return EXAMPLES / "worker-node" / "shout.mjs"
    found = subprocess.run([sys.executable, "-m", "athena_wrapper_java"], capture_output=True, text=True, check=True)
    # It stays until the machine forgets it: every row of a run is measured with the same archive.
    folder = Path(tempfile.mkdtemp(prefix="athena-bench-"))
    made = ["make", "-C", str(EXAMPLES / "worker-java"), f"SDK={found.stdout.strip()}", f"OUT={folder}"]
    subprocess.run(made, capture_output=True, check=True, timeout=120)
    return folder / "echo.jar"


def beside(language: str, size: int, by: str) -> Sample:
    """Microseconds of one call: its p50 alone, or the CPU of kernel and worker with 32 under way; its, and Python's."""
    argv = [sys.executable, "-m", "benchmarks.load.workers", str(worker(language)), str(size), str(SECONDS)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    found = json.loads(done.stdout)
    return found["ours"][by], found["python"][by]


def _all() -> tuple[Single, ...]:
    # A MiB is mostly copied, whoever does it: recorded, and not judged.
    floors = {"128": Floor(None, 1.0, at_least=False), "1MiB": Floor()}
    return tuple(
        Single(
            f"worker/{language}/{name}/{by}",
            f"{by} of a call to a worker in {language.capitalize()}, {name}, beside one in Python",
            "process",
            "µs",
            "ratio",
            partial(beside, language, size, by),
            floors[name],
        )
        for language in ("java", "node")
        for name, size in SIZES.items()
        for by in ("p50", "cpu")
    )


LANGUAGES = _all()
