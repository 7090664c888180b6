"""Every error Athena raises, one tree, and the wire-neutral table of faults.

::

    AthenaError
    ├─ SettingsError          .problems                      one line each, file:line first
    ├─ PluginError            .plugin .distribution
    │  ├─ PluginMissing       says what *is* installed in that group
    │  ├─ PluginBroken        import, construction or a lifecycle hook failed; the cause is chained
    │  └─ PluginRefused       misspelt hook, wrong argument, async hook, two claimants; says where it is defined
    ├─ ServiceError           .fault .executed .code         the only family a transport sees
    └─ Cancelled              raised inside a wrapper that goes on after its client has gone
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

from attrs import frozen

__all__ = [
    "AthenaError",
    "Cancelled",
    "Executed",
    "Fault",
    "Path",
    "PluginBroken",
    "PluginError",
    "PluginMissing",
    "PluginRefused",
    "Problem",
    "Retry",
    "ServiceError",
    "SettingsError",
    "dotted",
]


class Retry(Enum):
    """May the same request be sent again?"""

    NO = "no"
    YES = "yes"
    LATER = "later"
    CALLER = "caller"


class Fault(Enum):
    """Why a call did not end well. Each transport maps every member in its ``faults.py``."""

    BAD_REQUEST = "BAD_REQUEST"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    UNSUPPORTED = "UNSUPPORTED"
    SESSION_CLOSED = "SESSION_CLOSED"
    OUT_OF_ORDER = "OUT_OF_ORDER"
    TOO_LARGE = "TOO_LARGE"
    OVERLOADED = "OVERLOADED"
    QUOTA = "QUOTA"
    DEADLINE = "DEADLINE"
    CANCELLED = "CANCELLED"
    USER_ERROR = "USER_ERROR"
    INTERNAL = "INTERNAL"
    WORKER_LOST = "WORKER_LOST"
    UNAVAILABLE = "UNAVAILABLE"

    @property
    def retry(self) -> Retry:
        """Whether the same request may be sent again (DESIGN section 6, last column)."""
        return _RETRY.get(self, Retry.NO)


_RETRY = {
    Fault.OVERLOADED: Retry.LATER,
    Fault.QUOTA: Retry.LATER,
    Fault.DEADLINE: Retry.CALLER,
    Fault.CANCELLED: Retry.CALLER,
    Fault.UNAVAILABLE: Retry.YES,
}


class Executed(Enum):
    """Did the wrapper run? ``once`` is at-most-once, and every error says on which side of the line it fell."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


class AthenaError(Exception):
    """The root of the tree."""


Path = tuple[str, ...]
"""The way to a key of a toml, one element per table; the third element of an array is ``[2]``."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_INDEX = re.compile(r"\[\d+\]")


def dotted(path: Path) -> str:
    """The path as it would stand in a toml: ``services."*".remote``, ``log.sinks[1]``."""
    text = ""
    for name in path:
        if _INDEX.fullmatch(name):
            text += name
        else:
            text += ("." if text else "") + (name if _BARE.fullmatch(name) else f'"{name}"')
    return text


@frozen
class Problem:
    """One fault of a configuration.

    Attributes:
        path: The key it is about; empty when it is about the file.
        text: What is wrong and what would do. Never a secret.
        origin: The file or URL, as the user gave it; "" while it is not known.
        line: Counted from 1; 0 while it is not known.
    """

    path: Path
    text: str
    origin: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.origin}:{self.line}" if self.line else self.origin
        return ": ".join(word for word in (place, dotted(self.path), self.text) if word)


class SettingsError(AthenaError):
    """A configuration was refused. Nothing was started, or the running configuration stays.

    Attributes:
        problems: Every fault found, in the order of the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class PluginError(AthenaError):
    """A plugin cannot be used.

    Attributes:
        plugin: Its registered name, ``<group>.<name>``.
        distribution: The distribution that ships it, or "" where none is known.
    """

    def __init__(self, message: str, *, plugin: str = "", distribution: str = "") -> None:
        super().__init__(message)
        self.plugin = plugin
        self.distribution = distribution


class PluginMissing(PluginError):
    """No installed distribution has a plugin of that name."""


class PluginBroken(PluginError):
    """Importing or constructing the plugin, or one of its lifecycle hooks, failed."""


class PluginRefused(PluginError):
    """The plugin loads, but breaks a rule of the house."""


class ServiceError(AthenaError):
    """A call ended in a fault. The message is what the client sees: no path, no traceback.

    Attributes:
        fault: The wire-neutral reason.
        message: One sentence for the client.
        executed: Whether the wrapper ran.
        code: A wrapper's own error code, kept on wires that carry codes; None for ours.
        retry_after: Seconds after which another try makes sense, or None.
        error_id: What ties the client's sentence to the line in the log, or "".
    """

    def __init__(
        self,
        fault: Fault,
        message: str,
        *,
        executed: Executed = Executed.NO,
        code: int | None = None,
        retry_after: float | None = None,
        error_id: str = "",
    ) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message
        self.executed = executed
        self.code = code
        self.retry_after = retry_after
        self.error_id = error_id

    def __repr__(self) -> str:
        return f"ServiceError({self.fault.name}, {self.message!r}, executed={self.executed.value!r})"


class Cancelled(AthenaError):
    """The client is gone, the deadline passed, or the session was destroyed: stop working and return."""
