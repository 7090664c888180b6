"""Stands between the kernel and one worker, as a script of its own: nothing that a worker starts outlives the worker.

The kernel starts this file with a bare interpreter. It forks, and the child confines itself as the command line says
and becomes the worker's program. What stays is the worker's parent and the reaper of all that descends from it: a
grandchild that left its group, its session and its parent is handed to this process when its own parent ends, and is
killed here. The kernel's own end, by SIGKILL even, ends everything, for the system tells this process of it.

Orders are ``name=value`` words before ``--``; the worker's argv stands after it. SIGTERM is passed on to the worker,
SIGUSR1 kills. The exit is the worker's own: its status, or the signal that killed it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys

__all__ = ["main"]

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_KILL = signal.SIGUSR1
_WATCHED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, _KILL)
_LIMITS = {
    "files": resource.RLIMIT_NOFILE,
    "file_size": resource.RLIMIT_FSIZE,
    "memory": resource.RLIMIT_AS,
    "cpu": resource.RLIMIT_CPU,
    "processes": resource.RLIMIT_NPROC,
    "core": resource.RLIMIT_CORE,
}
_REFUSED = 126
"""Exit status of a worker that could not be confined as it was asked to be."""


def main(arguments: list[str]) -> int:
    """Keep one worker until nothing of it is left.

    Returns:
        Its exit status; where a signal killed it, the same signal ends this process too.
    """
    split = arguments.index("--")
    orders = dict(word.partition("=")[::2] for word in arguments[:split])
    # Blocked before anything else: what comes now waits for sigwait, and is not lost between two steps.
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    kernel = int(orders["kernel"])
    if os.getppid() != kernel:
        return 1
    private = orders.get("private", "")
    if private:
        os.mkdir(private, 0o700)
    # First the worker, which takes far longer to be ready than we do, and can start nothing before.
    worker = os.fork()
    if not worker:
        _become(orders, arguments[split + 1 :])
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    prctl(_PR_SET_PDEATHSIG, _KILL)
    if os.getppid() != kernel:
        os.kill(os.getpid(), _KILL)  # it ended before the line above could have us told: hear it below
    with contextlib.suppress(OSError):
        os.setpgid(worker, worker)  # the child does so too: whoever is first
    _let_go(orders.get("fds", ""))
    status = _watch(worker)
    if private:
        _remove(private)
    return _ended(status)


def prctl(option: int, value: int) -> None:
    """Ask it of the system, where there is such a thing; a refusal ends the process."""
    if sys.platform != "linux":
        return
    # Not imported above: it is half of all that this process loads, and a worker of ours can begin without it.
    ctypes = __import__("ctypes")
    if ctypes.CDLL(None, use_errno=True).prctl(option, int(value), 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl({option}) was refused")


def _become(orders: dict[str, str], argv: list[str]) -> None:
    """The child's part; it never returns."""
    status = _REFUSED
    try:
        os.setpgid(0, 0)
        if not orders.get("fds"):  # a worker that inherits its stream is ours, and does both to itself (see guard)
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == 1:
                os._exit(1)
            prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _confine(orders)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)  # Python ignores both; the program is to find what is usual
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
        status = 127
        os.execvp(argv[0], argv)
    except BaseException as error:
        what = "cannot be started" if status == 127 else "cannot be confined as asked"
        os.write(2, f"{argv[0]} {what}: {error}\n".encode("utf-8", "replace"))
    finally:
        os._exit(status)


def _confine(orders: dict[str, str]) -> None:
    """Take away what the worker is not to have."""
    if "cpus" in orders:
        os.sched_setaffinity(0, [int(cpu) for cpu in orders["cpus"].split(",")])
    if "cwd" in orders:
        os.chdir(orders["cwd"])
    for name, which in _LIMITS.items():
        if name in orders:
            asked, (_, hard) = int(orders[name]), resource.getrlimit(which)
            bound = asked if hard == resource.RLIM_INFINITY else min(asked, hard)
            resource.setrlimit(which, (bound, bound))


def _let_go(fds: str) -> None:
    """Hold nothing of the worker's: that its stream and its output have ended must be seen when it ends."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    for inherited in filter(None, fds.split(",")):
        os.close(int(inherited))


def _watch(worker: int) -> int:
    """Wait for the worker's end, and end all that it has started.

    Returns:
        Its wait status.
    """
    while True:
        got = signal.sigwait(_WATCHED)
        if got == signal.SIGCHLD:
            if os.waitid(os.P_PID, worker, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                # Before it is reaped its number is nobody else's.
                _signal_group(worker, signal.SIGKILL)
                _, status = os.waitpid(worker, 0)
                _end_rest()
                return status
            _reap(worker)
        else:
            _signal_group(worker, signal.SIGKILL if got == _KILL else signal.SIGTERM)


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _reap(worker: int) -> None:
    """Free the processes that were handed to us and have ended."""
    for child in _children():
        if child != worker:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, os.WNOHANG)


def _end_rest() -> None:
    """Kill whoever is left: each one's own children are ours as soon as it is dead."""
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid:
                continue
            for child in _children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            os.waitpid(-1, 0)


def _children() -> list[int]:
    me = os.getpid()
    try:
        with open(f"/proc/self/task/{me}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return [int(name) for name in _listed("/proc") if name.isdigit() and _parent(name) == me]


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _parent(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _remove(folder: str) -> None:
    """Remove a folder and what is in it; a large one by a process that nobody waits for."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)
        return
    if os.fork():
        return
    for path, folders, files in os.walk(folder, topdown=False):
        for name in (*files, *folders):
            entry = os.path.join(path, name)
            with contextlib.suppress(OSError):
                if name in folders and not os.path.islink(entry):
                    os.rmdir(entry)
                else:
                    os.unlink(entry)
    with contextlib.suppress(OSError):
        os.rmdir(folder)
    os._exit(0)


def _ended(status: int) -> int:
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    number = os.WTERMSIG(status)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_DFL)  # SIGKILL needs no such thing, and refuses it
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
    os.kill(os.getpid(), number)
    return 128 + number


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))
