"""How gRPC's own thread is scheduled beside the loop's."""

from __future__ import annotations

import os
import sys
import threading

__all__ = ["settle"]

_POLLER = "_poll_wrapper"
"""What Python calls the function of the thread that waits for gRPC's events, and so its name."""


def settle() -> bool:
    """Let the thread that waits for gRPC's events wait for a core, too, rather than take the loop's; once it runs.

    Each event wakes that thread, several for a call. Where cores are scarce it would put the loop aside for every
    single one, only to tell the loop of it. SCHED_BATCH, which needs no privilege, only says that a thread that wakes
    does not push another one aside; an idle core is as near. An operator who has chosen a policy is right.

    Returns:
        Whether there is such a thread, and it was settled.
    """
    if sys.platform != "linux":
        return False
    settled = False
    for thread in threading.enumerate():
        if _POLLER in thread.name and thread.native_id is not None:
            try:
                if os.sched_getscheduler(thread.native_id) == os.SCHED_OTHER:
                    os.sched_setscheduler(thread.native_id, os.SCHED_BATCH, os.sched_param(0))
                    settled = True
            except OSError:  # it has ended, or the system forbids the choice
                continue
    return settled
