"""Whose turn it is where cores are scarce: the kernel's loop goes on before a worker that has just been given work."""

from __future__ import annotations

import contextlib
import os
import sys

__all__ = ["settle", "undo"]


def settle() -> bool:
    """Wake without pushing anybody aside: SCHED_BATCH, for this thread and all that it will start.

    Each frame that the loop writes wakes a worker. Where they share a core, the worker would take it from the loop in
    the middle of its turn, for one call, and the loop take it back for one answer. Now the loop ends its turn first,
    and many calls wait together. The share of the processor is the same, an idle core is as near, and no privilege is
    needed. An operator who has chosen a policy, or forbidden the choice, is right.

    Returns:
        Whether that changed anything.
    """
    if sys.platform == "linux" and os.sched_getscheduler(0) == os.SCHED_OTHER:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
            return True
    return False


def undo() -> None:
    """Wake as others do. Before any lane is started.

    Calls that come as batches come together anyway, one waking for all of them; and beside other work on the core each
    waking would cost a slice of somebody else's.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
