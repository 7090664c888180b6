"""What the system knows of the kernel's own process, under the names every Prometheus client gives them."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["KINDS", "figures"]

KINDS = {
    "process_cpu_seconds_total": ("counter", "User and system time the kernel's process has spent."),
    "process_resident_memory_bytes": ("gauge", "Memory of the kernel's process that is in RAM."),
    "process_virtual_memory_bytes": ("gauge", "Address space of the kernel's process."),
    "process_start_time_seconds": ("gauge", "When the kernel's process was started, in seconds since 1970."),
    "process_open_fds": ("gauge", "File descriptors the kernel's process has open."),
    "process_max_fds": ("gauge", "File descriptors it may have open."),
    "process_threads": ("gauge", "Threads of the kernel's process."),
}
"""Kind and meaning of each."""


def figures(proc: Path = Path("/proc")) -> Iterator[tuple[str, float]]:
    """The figures as they are now; where there is no ``/proc``, those that the system tells otherwise.

    Args:
        proc: Where the system shows processes.
    """
    spent = resource.getrusage(resource.RUSAGE_SELF)
    yield "process_cpu_seconds_total", spent.ru_utime + spent.ru_stime
    yield "process_max_fds", resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    with suppress(OSError, ValueError, IndexError):
        # Behind the name, which may hold anything: the fields from the third on, in the order of proc(5).
        fields = (proc / "self" / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        yield "process_virtual_memory_bytes", int(fields[20])
        yield "process_resident_memory_bytes", int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        yield "process_threads", int(fields[17])
        yield "process_start_time_seconds", _booted(proc) + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    with suppress(OSError):
        yield "process_open_fds", len(os.listdir(proc / "self" / "fd")) - 1  # without the one that looks


def _booted(proc: Path) -> int:
    for line in (proc / "stat").read_text().splitlines():
        if line.startswith("btime "):
            return int(line.split()[1])
    raise ValueError("/proc/stat does not say when the system was booted")
