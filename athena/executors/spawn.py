"""One child process: how it is started, what it inherits, how its end is noticed, how it is ended."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from attrs import field, frozen

from .output import Output
from .sandbox import ProcessSection, Sandbox

__all__ = ["Child", "Start", "spawn"]

_ACCEPT_TIMEOUT = 60.0
_PEER = struct.Struct("3i")
KILL = signal.SIGUSR1
"""Tells a keeper to kill; SIGKILL would end it before it has seen to what the worker has started."""
_TRIES = 20
_BURIAL = 0.5
"""Seconds a stopped one is waited for after its worker is dead."""


class Child:
    """A running child process under its keeper, which ends all that the worker has started when it ends.

    Attributes:
        connection: The kernel's end of its stream; None until a program that connects by path has done so.
    """

    def __init__(self, process: subprocess.Popen[bytes], connection: socket.socket | None, service: str) -> None:
        """Args:
        process: The keeper, the leader of a session of its own.
        """
        self.connection = connection
        self._process = process
        self._worker = 0
        self._loop = asyncio.get_running_loop()
        self._pidfd = -1
        self._timer: asyncio.TimerHandle | None = None
        self._ended: Callable[[], None] | None = None
        assert process.stdout is not None  # both are pipes: spawn says so
        assert process.stderr is not None
        self._outputs = (
            Output(process.stdout, service, lambda: self.pid, "stdout"),
            Output(process.stderr, service, lambda: self.pid, "stderr"),
        )

    @property
    def pid(self) -> int:
        """The worker's process id; its keeper's as long as there is no worker."""
        if not self._worker:
            keeper = self._process.pid
            with contextlib.suppress(OSError, ValueError, IndexError):
                # The first of its children: what is handed to it later comes behind.
                self._worker = int(Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()[0])
        return self._worker or self._process.pid

    def watch(self, ended: Callable[[], None]) -> None:
        """Call back, once, when the process has ended."""
        self._ended = ended
        try:
            self._pidfd = os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            # macOS, or a kernel before 5.3: ask now and then; the end of its stream says it sooner anyway.
            self._ask()
        else:
            self._loop.add_reader(self._pidfd, self._exited)

    def signal(self, number: int) -> None:
        """Send SIGTERM to the worker and its group, or SIGKILL to everything it has started."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self._process.pid, KILL if number == signal.SIGKILL else number)

    def close(self) -> str:
        """Kill what is left of it and of what it has started, and free everything.

        Returns:
            How it ended: "exited with status 3", "was killed by SIGKILL".
        """
        self._stop_watching()
        self.signal(signal.SIGKILL)
        status = self._process.poll()
        for output in self._outputs:
            output.close()
        if status is None:
            # The system may need a while to take a large process's memory back; nobody waits for that.
            self._loop.call_later(0.05, self._reap, 1)
            return "was killed"
        return _how(status)

    async def buried(self) -> None:
        """Return when the system has forgotten it, or will not for a while: a loop that ends would leave a zombie."""
        until = self._loop.time() + _BURIAL
        while self._process.poll() is None and self._loop.time() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.005)

    def _reap(self, tries: int) -> None:
        if self._process.poll() is None:
            if tries == _TRIES:
                # Its keeper does not keep it, stopped by somebody say: the worker dies with it, by PDEATHSIG.
                os.kill(self._process.pid, signal.SIGKILL)
            self._loop.call_later(0.05, self._reap, tries + 1)

    @property
    def session(self) -> int:
        """The session of the keeper and the worker."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, once it has ended."""
        return self._process.poll()

    def _exited(self) -> None:
        self._stop_watching()
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()

    def _ask(self) -> None:
        if self._process.poll() is None:
            self._timer = self._loop.call_later(0.05, self._ask)
        else:
            self._exited()

    def _stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1


def _how(status: int) -> str:
    if status >= 0:
        return f"exited with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


@frozen
class Start:
    """What a worker is started with.

    Attributes:
        service: Whose worker it is, for the log.
        command: The argv of a program that connects to ``ATHENA_WORKER_SOCKET``; None for the standard child.
        python: The standard child's interpreter; "" for this one.
        environment: Added to its environment: its lease's.
        cpus: The processors it may run on; empty for all.
        probe: Whether it is to describe only.
        sandbox: What is kept from it.
    """

    service: str
    command: Sequence[str] | None = None
    python: str = ""
    environment: Mapping[str, str] = field(factory=dict)
    cpus: Collection[int] = ()
    probe: bool = False
    sandbox: Sandbox = field(factory=lambda: Sandbox(ProcessSection()))


async def spawn(start: Start) -> Child:
    """Start a worker.

    It must be called on the thread of the loop: the worker dies with the thread that started it.

    Raises:
        OSError: The program cannot be started.
        TimeoutError: It did not connect.
    """
    if start.command is not None:
        return await _spawn_by_path(start, start.command)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        argv = [start.python or sys.executable, "-m", "athena.worker", "--fd", str(theirs.fileno())]
        process = _popen(start, [*argv, "--probe"] if start.probe else argv, start.environment, (theirs.fileno(),))
        child = Child(process, ours, start.service)
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return child


def _popen(
    start: Start, argv: Sequence[str], extra: Mapping[str, str], fds: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    private = start.sandbox.private()
    environment = start.sandbox.environment(extra, private)
    _there(argv[0], environment)
    # Popen itself, as asyncio's subprocess calls it too; the end is noticed by pidfd, so no watcher, thread or signal
    # handler of a particular event loop is needed.
    return subprocess.Popen(
        start.sandbox.command(argv, private, fds, start.cpus),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        pass_fds=fds,
        start_new_session=True,
    )


def _there(program: str, environment: Mapping[str, str]) -> None:
    """What Popen would raise for a program that is not there: the keeper could only say so in the log."""
    if shutil.which(program, path=environment.get("PATH")) is None:
        number = errno.EACCES if os.path.exists(program) else errno.ENOENT
        raise OSError(number, os.strerror(number), program)


async def _spawn_by_path(start: Start, command: Sequence[str]) -> Child:
    loop = asyncio.get_running_loop()
    with tempfile.TemporaryDirectory(prefix="athena-") as folder:  # mode 0700
        path = Path(folder) / "worker"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            path.chmod(0o600)
            listener.listen(1)
            listener.setblocking(False)
            process = _popen(start, command, {**start.environment, "ATHENA_WORKER_SOCKET": str(path)})
            child = Child(process, None, start.service)
            try:
                child.connection = await asyncio.wait_for(_accept(loop, listener, child), _ACCEPT_TIMEOUT)
            except BaseException:
                child.close()
                raise
    return child


async def _accept(loop: asyncio.AbstractEventLoop, listener: socket.socket, child: Child) -> socket.socket:
    while True:
        accepting = asyncio.ensure_future(loop.sock_accept(listener))
        while not (await asyncio.wait([accepting], timeout=0.05))[0]:
            if child.status is not None:
                accepting.cancel()
                raise ConnectionError(f"{_how(child.status)} before it connected")
        connection, _ = accepting.result()
        if _is(connection, child.session):
            return connection
        connection.close()


def _is(connection: socket.socket, pid: int) -> bool:
    """Whether the other end is that process, or one it has started: ours, and in its session."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # macOS: the folder's mode 0700 is what there is
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    peer, uid, _ = _PEER.unpack(told)
    try:
        return uid == os.getuid() and (peer == pid or os.getsid(peer) == pid)
    except ProcessLookupError:
        return False
