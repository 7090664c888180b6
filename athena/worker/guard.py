"""What a worker does to itself before it trusts anything: it dies with the kernel, gains no rights, leaves no core."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import sys

__all__ = ["alone", "settle"]

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def settle(connection: socket.socket) -> bool:
    """Bind this process to its kernel.

    Args:
        connection: The stream to the kernel.

    Returns:
        False when the kernel has gone meanwhile: nobody is there to work for.
    """
    connection.set_inheritable(False)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        # The signal comes when the *thread* that spawned us ends: the kernel spawns from the thread of its loop.
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # A kernel that died before prctl sends no signal any more; its end of the stream tells.
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True


def alone() -> None:
    """The kernel is gone: end with everything this process has started."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
