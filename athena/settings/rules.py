"""What each key of the kernel's own tables is for, and may be; the values stand in ``models``, free of rules."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from athena.models import BatchSettings, GpuSettings, Limits, ServiceSettings
from athena.section import Bounds, at_least, between

from .values import KernelSettings, LogSettings, PluginsSettings

__all__ = ["KERNEL_TABLES", "RULES", "Rule"]

YEAR = 365 * 24 * 3600
GIB = 1024**3


@frozen
class Rule:
    """One key's sentence for people, and its bounds."""

    help: str
    check: Bounds | None = None


def _seconds(low: float = 0.0, *, inclusive: bool = False) -> Bounds:
    if inclusive:
        return Bounds(f"{low:g} to {YEAR} seconds", lambda value: low <= value <= YEAR)
    return Bounds(f"more than {low:g}, at most {YEAR} seconds", lambda value: low < value <= YEAR)


_SAID = Bounds("something, not nothing", lambda value: bool(value.strip()))
_MANY = between(1, 1024)

# A wire's hard limit is twice max_message and must fit in 31 bits.
_MESSAGE = between(1, GIB - 1)

RULES: Mapping[type, Mapping[str, Rule]] = {
    KernelSettings: {
        "name": Rule("What this kernel is called in logs, metrics and discovery.", _SAID),
        "drain_timeout": Rule("Seconds running work is given when the kernel stops.", _seconds(inclusive=True)),
        "lame_duck": Rule(
            "Seconds of the drain in which it is not ready any more and takes new work all the same.",
            _seconds(inclusive=True),
        ),
        "advertise": Rule("The address other machines are told; empty for the bound one."),
        "debug": Rule("Refuse answers that are not what their wrapper declares: for development."),
        "unguarded": Rule("Serve addresses other than loopback although no guard says who calls."),
        "control": Rule("Where operators reach it: auto, off, or the path of a Unix socket.", _SAID),
        "watch": Rule("Take a new configuration as soon as its source has one."),
        "limits": Rule("What every service and transport keeps to."),
    },
    Limits: {
        "max_message": Rule("Bytes of one message, all parts together, in and out.", _MESSAGE),
        "max_in_flight": Rule("Calls the whole kernel holds, waiting ones included.", between(1, 1_000_000)),
        "default_deadline": Rule("Seconds a call may take when its caller does not say.", _seconds()),
        "max_deadline": Rule("Seconds a call may take at most, whatever its caller says.", _seconds()),
        "idle_timeout": Rule("Seconds without a read or write after which a detached session ends.", _seconds()),
        "max_lifetime": Rule("Seconds after which any detached session ends.", _seconds()),
        "slow_reader": Rule("Seconds a client may take nothing of a full stream; then it ends.", _seconds()),
    },
    ServiceSettings: {
        "wrapper": Rule("An installed wrapper's name, module:Class, or a path.", _SAID),
        "executor": Rule("Where the wrapper runs: process, thread, or an executor plugin's name.", _SAID),
        "python": Rule("Interpreter of the worker processes; empty for this one."),
        "workers": Rule("Instances of the wrapper, each with its own devices.", _MANY),
        "threads": Rule("Executions at once in one worker; above 1 the wrapper must be thread-safe.", _MANY),
        "spares": Rule("Workers kept ready to replace one that is lost.", between(0, 1024)),
        "max_concurrency": Rule(
            "Calls executing at once; workers * threads when not given, times batch.max_size.", between(1, 1_000_000)
        ),
        "queue": Rule("Calls that may wait beyond those.", between(0, 1_000_000)),
        "max_sessions": Rule("Open sessions.", between(0, 1_000_000)),
        "max_resources": Rule("Personalised resources it holds.", between(0, 65536)),
        "max_resource_bytes": Rule("Bytes of all its personalised resources together.", between(0, 1024 * GIB)),
        "init_timeout": Rule("Seconds a worker may take until it is ready.", _seconds()),
        "deadline": Rule("Seconds a call may take when its caller does not say; else the kernel's.", _seconds()),
        "grace": Rule("Seconds after a passed deadline before a worker is killed.", _seconds(inclusive=True)),
        "guards": Rule("The guards whose callers may use it; each has its table [guards.<name>]."),
        "middleware": Rule("What stands around the wrapper, outermost first."),
        "config": Rule("The wrapper's own table."),
        "batch": Rule("Gathers calls and hands them over as one list."),
        "gpu": Rule("What one worker asks of the GPU allocator."),
    },
    BatchSettings: {
        "max_size": Rule("Items of one batch.", between(1, 65536)),
        "max_wait_ms": Rule("Milliseconds a batch that could go is held for others, at most.", between(0, 60_000)),
    },
    GpuSettings: {
        "count": Rule("Devices.", between(1, 64)),
        "memory": Rule("Bytes on each device, as a whole number; 0 for no matter how many.", at_least(0)),
        "mig": Rule("A MIG profile such as 1g.10gb; empty for whole devices."),
        "exclusive": Rule("No other lease on these devices."),
        "same_numa": Rule("All devices, and the worker's CPUs, on one NUMA node."),
    },
    LogSettings: {
        "level": Rule("The least urgent lines that are written."),
        "format": Rule("For people, for machines, or by whether stderr is a terminal."),
        "access": Rule("Write one line per call."),
    },
    PluginsSettings: {
        "allow": Rule("Only these plugins, each as <group>.<name> or by its distribution; all when not given."),
        "block": Rule("Never these plugins, not even imported."),
    },
}

KERNEL_TABLES: Mapping[str, type] = {
    "kernel": KernelSettings,
    "services": ServiceSettings,
    "log": LogSettings,
    "plugins": PluginsSettings,
}
"""The tables the kernel owns; every other is ``[<group>.<name>]``."""
