"""The probe, with ways to hang that only the end of the process ends, and a count of what executes at once."""

from __future__ import annotations

import ctypes
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from athena.models import Part, Reply, Request, WrapperContext
from athena.specs import hookimpl
from athena.testing.probe import Probe

_DAEMON = """
import os, sys, time
if not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    print(os.getpid(), flush=True)
    time.sleep(60)
os.wait()
"""


class Stuck(Probe):
    """While the file named by the key ``note`` exists, athena_init ends the process."""

    @hookimpl
    def athena_init(self, context: WrapperContext) -> None:
        self.journal.note("spawn", pid=os.getpid())
        if self.section.note and Path(self.section.note).exists():
            os._exit(3)

    def do_spin(self, request: Request) -> Reply:
        """Spin in C for ever, and never let go of the interpreter's lock."""
        with self._executing(request):
            sum(itertools.repeat(0))
        return Reply()

    def do_hold(self, request: Request) -> Reply:
        """As do_spin, asleep: what a hundred of them cost the machine is not what is measured."""
        with self._executing(request):
            ctypes.PyDLL(None).pause()
        return Reply()

    def do_work(self, request: Request) -> Reply:
        """20 ms."""
        with self._executing(request):
            time.sleep(0.02)
        return Reply((Part.from_text("pid", str(os.getpid())),))

    def do_nap(self, request: Request) -> Reply:
        """``seconds``, in Python, and deaf."""
        time.sleep(float(request.params["seconds"]))
        return Reply()

    def do_loop(self, request: Request) -> Reply:
        """``seconds``, in a loop of Python, and deaf."""
        until = time.monotonic() + float(request.params["seconds"])
        while time.monotonic() < until:
            pass
        return Reply()

    def do_offspring(self, request: Request) -> Reply:
        """Start a child, and a daemon that forks twice into a session of its own."""
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        daemon = subprocess.Popen([sys.executable, "-c", _DAEMON], stdout=subprocess.PIPE, text=True)
        assert daemon.stdout is not None
        return Reply((Part.from_text("pids", f"{child.pid} {daemon.stdout.readline().strip()}"),))

    @contextmanager
    def _executing(self, request: Request) -> Iterator[None]:
        """Count who executes: a file for each, which counts while the process it names is there."""
        folder = Path(self.journal.path).parent / "executing"
        folder.mkdir(exist_ok=True)
        mark = folder / f"{os.getpid()}-{threading.get_ident()}"
        mark.touch()
        executing = sum(_there(name.partition("-")[0]) for name in os.listdir(folder))
        self.journal.note("executing", request.params.get("tag", ""), count=executing, pid=os.getpid())
        try:
            yield
        finally:
            mark.unlink()


def _there(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
