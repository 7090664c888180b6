"""How libzmq's own thread is scheduled beside the loop's."""

from __future__ import annotations

import os
import sys

import zmq

__all__ = ["settle"]


def settle(context: zmq.Context[zmq.Socket[bytes]]) -> None:
    """Let libzmq's thread wait for a core rather than take the loop's; before the context's first socket.

    Each frame that comes wakes that thread. Where cores are scarce it would put the loop aside for every single one,
    and the loop would never find two messages at once: on one core that doubles what a call costs. SCHED_BATCH, which
    needs no privilege, only says that a thread that wakes does not push another one aside; an idle core is as near.

    Nothing happens where the process has a policy of its own, or may not choose one: libzmq would abort.
    """
    if sys.platform != "linux":
        return
    try:
        if os.sched_getscheduler(0) != os.SCHED_OTHER:
            return
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_getparam(0))
    except OSError:
        return
    context.set(zmq.THREAD_SCHED_POLICY, os.SCHED_BATCH)
