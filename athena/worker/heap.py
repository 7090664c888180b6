"""How this process's C heap grows and shrinks: messages of a MiB must not cost a page fault for every 4 KiB.

By itself glibc gives the top of its heap back as soon as 128 KiB are free there, and takes large blocks from the
system one by one. A server that copies a message a few times would then have the system zero every page of every copy,
for every call: more CPU than all else that a call of a MiB costs.
"""

from __future__ import annotations

import ctypes
import os
import sys

__all__ = ["settle"]

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_MIB = 1024 * 1024
_KEPT = 64 * _MIB
"""Free bytes at the heap's top that an idle process keeps at most."""
_STEP = 16 * _MIB
"""What the heap grows by at once; pages that nobody has touched cost nothing."""
_BLOCK = 32 * _MIB
"""From here on a block is the system's own, and goes back to it when freed; glibc takes no larger bound."""


def settle() -> None:
    """Keep some memory between calls; nothing where the C library is not glibc, or the operator has tuned it himself.

    For the start of a process of ours: an application that embeds the kernel keeps the heap it has.
    """
    if sys.platform != "linux" or _tuned():
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    # musl has a mallopt too, on some systems, which does nothing: what it returns does not matter.
    for option, value in ((_M_MMAP_THRESHOLD, _BLOCK), (_M_TRIM_THRESHOLD, _KEPT), (_M_TOP_PAD, _STEP)):
        mallopt(option, value)


def _tuned() -> bool:
    own = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_THRESHOLD_")
    return any(name in os.environ for name in own) or "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", "")
