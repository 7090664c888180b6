"""The tutorial's transcript: runs every command of docs/authors/tutorial.md; `python -m tools.tutorial` writes it."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

from tools import house

PAGE = house.ROOT / "docs" / "authors" / "tutorial.md"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.M | re.S)
PORT = "8080"
VARYING = (
    (re.compile(r"^=+ (.*?)(?: in \d.*s)? =+$", re.M), r"=== \1 ==="),
    (re.compile(r"(?<=, configuration )[0-9a-f]{12}$", re.M), "..."),
)
"""What is another one each time, and what stands for it."""


class Terminal:
    """A shell's folder and its background jobs, in an environment that needs no package index."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._jobs: list[subprocess.Popen[str]] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = str(free.getsockname()[1])
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV", "MAKE"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        # pip reads PIP_NO_BUILD_ISOLATION as the value of --build-isolation.
        own = {"PATH": path, "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "NO_COLOR": "1", "COLUMNS": "100"}
        self._environment = {**kept, **own, "ENDPOINT": f"http://127.0.0.1:{self._port}"}

    def close(self) -> None:
        """End what runs in the background."""
        for job in self._jobs:
            job.terminate()
        for job in self._jobs:
            job.communicate(timeout=30)

    def run(self, command: str) -> str:
        """What a command shows; one that fails is an error here."""
        if command.startswith("cd "):
            self._folder /= command.removeprefix("cd ")
            self._furnish()
            return ""
        if command.endswith(" &"):
            return self._begin(command.removesuffix(" &"))
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"$ {command}\n{done.stdout}")
        return self._shown(done.stdout)

    def _begin(self, command: str) -> str:
        job = subprocess.Popen(
            shlex.split(command),
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._jobs.append(job)
        assert job.stdout is not None
        return self._shown(job.stdout.readline())

    def _furnish(self) -> None:
        """An environment that sees what ours has, and a port that is free: what a fresh machine gets from elsewhere."""
        venv.create(self._folder / ".venv", with_pip=False)
        ask = [
            self._folder / ".venv" / "bin" / "python",
            "-c",
            "import sysconfig; print(sysconfig.get_path('purelib'))",
        ]
        packages = subprocess.run(ask, capture_output=True, text=True, timeout=50, check=True).stdout.strip()
        ours = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
        Path(packages, "ours.pth").write_text(ours, encoding="utf-8")
        file = self._folder / "aiges.toml"
        file.write_text(file.read_text(encoding="utf-8").replace(PORT, self._port), encoding="utf-8")

    def _shown(self, text: str) -> str:
        text = text.replace(self._port, PORT)
        for what, instead in VARYING:
            text = what.sub(instead, text)
        lines = [line.rstrip() for line in text.splitlines()]
        if "test session starts" in text:
            lines = [lines[0], "...", lines[-1]]
        return "".join(f"{line}\n" for line in lines)


def transcript(page: str, folder: Path) -> str:
    """The page with what its commands show now.

    Args:
        page: Its text.
        folder: An empty one, to run them in.
    """
    terminal = Terminal(folder)

    def run(block: re.Match[str]) -> str:
        commands = [line.removeprefix("$ ") for line in block[0].splitlines() if line.startswith("$ ")]
        return "".join(f"$ {command}\n{terminal.run(command)}" for command in commands)

    try:
        return BLOCK.sub(run, page)
    finally:
        terminal.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        PAGE.write_text(transcript(PAGE.read_text(encoding="utf-8"), Path(scratch)), encoding="utf-8")
