"""``athena run`` in a process of its own: what a script, a demo or a test serves for a while and calls from outside."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from pathlib import Path
from threading import Thread
from typing import IO

from attrs import frozen

from athena.errors import AthenaError
from athena.models import EMPTY

__all__ = ["Served", "served"]

START, STOP, READ = 120.0, 30.0, 2.0
LINES = 20
"""How many of the last lines of stderr an error quotes."""

Endpoints = tuple[str, ...]


@frozen
class Served:
    """A kernel that serves in another process.

    Attributes:
        endpoints: The URLs of its ready line, in that order.
        pid: Its process.
    """

    endpoints: Endpoints
    pid: int

    @property
    def by_scheme(self) -> Mapping[str, str]:
        """The URL of each wire: ``by_scheme["grpc"]``; of two with one scheme the first."""
        return {url.partition(":")[0]: url for url in reversed(self.endpoints)}


@contextlib.contextmanager
def served(
    file: str | Path,
    *options: str,
    wires: Sequence[str] = (),
    env: Mapping[str, str] = EMPTY,
    within: float = START,
) -> Iterator[Served]:
    """Run ``athena run FILE`` until the end of the block; it is stopped whatever happens in there.

    What it writes is passed on, line by line, to this process's stdout and stderr.

    Args:
        file: A toml, or a URL that athena run takes; a URL takes no options and no wires.
        options: More words of the command line: ``"--set=log.level=warning"``.
        wires: Transports that get a free port, in the file or not; others are served as the file says.
        env: Environment variables, beside those of this process.
        within: Seconds that the start may take.

    Raises:
        AthenaError: It ended, or was not ready in time: with the last lines of its stderr. Or, after a block that went
            well, it did not end with 0 within 30 s of SIGTERM.
    """
    ports = [f"--set=transports.{wire}.port=0" for wire in wires]
    command = [sys.executable, "-m", "athena.cli", "run", str(file), *ports, *options]
    process = subprocess.Popen(
        command, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    )
    said = _Said(process)
    try:
        yield Served(said.endpoints(within), process.pid)
    finally:
        problem = _stopped(process)
        said.end()
    if problem:
        raise AthenaError(f"athena run {file} was told to stop, and {problem}")


class _Said:
    """What a kernel writes: read to the end, for a full pipe would hold it up, and passed on."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # both are pipes: served() says so
        assert process.stderr is not None
        self._process = process
        self._ready: Future[Endpoints | None] = Future()
        self._last: deque[str] = deque(maxlen=LINES)
        ways = ((process.stdout, self._out), (process.stderr, self._err))
        self._readers = [Thread(target=self._read, args=way, name="athena-served", daemon=True) for way in ways]
        for reader in self._readers:
            reader.start()

    def endpoints(self, within: float) -> Endpoints:
        """Those of the ready line, once it is there."""
        try:
            endpoints = self._ready.result(within)
        except NotInTime:
            problem = f"was not ready within {within:g} s"
        else:
            if endpoints is not None:
                return endpoints
            problem = "ended before it was ready"
        _stopped(self._process)
        self.end()
        words = "".join(self._last).rstrip() or "none"
        raise AthenaError(f"athena run {problem}, with {self._process.returncode}; its last words:\n{words}")

    def end(self) -> None:
        """Wait for what is still on its way from a process that has ended; what it left running may hold a pipe."""
        for reader in self._readers:
            reader.join(READ)

    def _read(self, stream: IO[str], each: Callable[[str], None]) -> None:
        with stream:
            for line in stream:
                with contextlib.suppress(OSError, ValueError):  # nobody reads ours any more: this is read all the same
                    each(line)
        if each == self._out and not self._ready.done():
            self._ready.set_result(None)

    def _out(self, line: str) -> None:
        word, *urls = line.split() or [""]
        if word == "ready" and not self._ready.done():
            self._ready.set_result(tuple(urls))
        else:  # say, what a wrapper prints
            sys.stdout.write(line)

    def _err(self, line: str) -> None:
        self._last.append(line)
        sys.stderr.write(line)


def _stopped(process: subprocess.Popen[str]) -> str:
    """Tell it to stop, and kill it if it does not; what went wrong, or nothing."""
    try:
        process.send_signal(signal.SIGTERM)
        code = process.wait(STOP)
    except subprocess.TimeoutExpired:
        return f"was still there after {STOP:g} s: it was killed"
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return f"ended with {code}" if code else ""
