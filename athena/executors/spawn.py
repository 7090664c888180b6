"""One child process: how it is started, what it inherits, how its end is noticed, how it is ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .output import Output

__all__ = ["Child", "environment", "spawn"]

_KEPT = frozenset(
    """
    PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR TEMP TMP VIRTUAL_ENV CONDA_PREFIX LD_LIBRARY_PATH LD_PRELOAD
    XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE
    JAVA_HOME NODE_PATH COVERAGE_PROCESS_START
    """.split()  # noqa: SIM905  # a list of words is read and changed more easily as words
)
_PREFIXES = (
    "LC_", "PYTHON", "CUDA", "NVIDIA_", "NCCL_", "OMP_", "MKL_", "OPENBLAS_", "NUMEXPR_", "GOMP_", "KMP_", "TORCH",
    "TF_", "HF_", "TRANSFORMERS_", "XLA_", "JAX_", "ORT_", "ROCM_", "HIP_", "MALLOC_", "ATHENA_WRAPPER_",
)  # fmt: skip
"""What a worker inherits: where things are and how libraries compute. Keys and passwords of the kernel are neither."""

_ACCEPT_TIMEOUT = 60.0
_PEER = struct.Struct("3i")


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """A worker's environment: an allow-list of the kernel's, and what its lease adds."""
    kept = {key: value for key, value in os.environ.items() if key in _KEPT or key.startswith(_PREFIXES)}
    kept.update(extra)
    return kept


class Child:
    """A running child process, the leader of a session and process group of its own.

    Attributes:
        pid: Its process id.
        connection: The kernel's end of its stream; None until a program that connects by path has done so.
    """

    def __init__(self, process: subprocess.Popen[bytes], connection: socket.socket | None, service: str) -> None:
        self.pid = process.pid
        self.connection = connection
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._pidfd = -1
        self._timer: asyncio.TimerHandle | None = None
        self._ended: Callable[[], None] | None = None
        assert process.stdout is not None  # both are pipes: spawn says so
        assert process.stderr is not None
        self._outputs = (
            Output(process.stdout, service, self.pid, "stdout"),
            Output(process.stderr, service, self.pid, "stderr"),
        )

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
        """Send a signal to the process and everything it has started."""
        # Until the leader is reaped, its id is nobody else's.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

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
            self._loop.call_later(0.05, self._reap)
            return "was killed"
        return _how(status)

    def _reap(self) -> None:
        if self._process.poll() is None:
            self._loop.call_later(0.05, self._reap)

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


async def spawn(
    command: Sequence[str] | None, python: str, extra: Mapping[str, str], service: str, probe: bool
) -> Child:
    """Start a worker.

    It must be called on the thread of the loop: the worker dies with the thread that started it.

    Args:
        command: The argv of a program that connects to ``ATHENA_WORKER_SOCKET``; None for the standard child.
        python: The standard child's interpreter; "" for this one.
        extra: Added to its environment.
        service: Whose worker it is, for the log.
        probe: Whether it is to describe only.

    Raises:
        OSError: The program cannot be started.
        TimeoutError: It did not connect.
    """
    if command is not None:
        return await _spawn_by_path(command, extra, service)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        argv = [python or sys.executable, "-m", "athena.worker", "--fd", str(theirs.fileno())]
        child = Child(_popen([*argv, "--probe"] if probe else argv, extra, (theirs.fileno(),)), ours, service)
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return child


def _popen(argv: Sequence[str], extra: Mapping[str, str], fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    # Popen itself, as asyncio's subprocess calls it too; the end is noticed by pidfd, so no watcher, thread or signal
    # handler of a particular event loop is needed.
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(extra),
        pass_fds=fds,
        start_new_session=True,
    )


async def _spawn_by_path(command: Sequence[str], extra: Mapping[str, str], service: str) -> Child:
    loop = asyncio.get_running_loop()
    with tempfile.TemporaryDirectory(prefix="athena-") as folder:  # mode 0700
        path = Path(folder) / "worker"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            path.chmod(0o600)
            listener.listen(1)
            listener.setblocking(False)
            child = Child(_popen(command, {**extra, "ATHENA_WORKER_SOCKET": str(path)}), None, service)
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
        if _is(connection, child.pid):
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
