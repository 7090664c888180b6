"""Does importing do anything? `python -m tools.quiet ROOT MODULE...` prints, as JSON, what files under ROOT did.

What a third party's module does while it is imported is not counted: the innermost frame outside the standard library
decides whose doing it is.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import signal
import sys
import sysconfig
import threading
from collections.abc import Iterator, MutableMapping
from types import FrameType

STDLIB = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), "<frozen", __file__)
WATCHED = ("socket.bind", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.fork", "os.system")
seen: list[str] = []
root = ""


def culprit() -> str | None:
    """The file and line of ours that did it, or None where it was somebody else."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if "site-packages" in name or not name.startswith(STDLIB):
            ours = name.startswith(root) and "site-packages" not in name
            return f"{os.path.relpath(name, root)}:{frame.f_lineno}" if ours else None
        frame = frame.f_back
    return None


def note(what: str, where: str | None) -> None:
    """Remember what one of ours did."""
    if where is not None:
        seen.append(f"{where}: {what}")


class Watched(MutableMapping[str, str]):
    """The environment, telling who reads it."""

    def __init__(self, real: MutableMapping[str, str]) -> None:
        self._real = real

    def __getitem__(self, key: str) -> str:
        note(f"read the environment variable {key}", culprit())
        return self._real[key]

    def __setitem__(self, key: str, value: str) -> None:
        note(f"set the environment variable {key}", culprit())
        self._real[key] = value

    def __delitem__(self, key: str) -> None:
        note(f"deleted the environment variable {key}", culprit())
        del self._real[key]

    def __iter__(self) -> Iterator[str]:
        note("listed the environment", culprit())
        return iter(self._real)

    def __len__(self) -> int:
        return len(self._real)


def audit(event: str, arguments: tuple[object, ...]) -> None:
    """Sockets and processes."""
    if event in WATCHED:
        note(event, culprit())
    elif event == "open" and isinstance(arguments[1], str) and set("wax+") & set(arguments[1]):
        note(f"opened {arguments[0]} for writing", culprit())


def handlers() -> int:
    """How many logging handlers there are, anywhere."""
    known = [logger for logger in logging.Logger.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    return sum(len(logger.handlers) for logger in (logging.getLogger(), *(x for x in known if "athena" in x.name)))


def stand() -> tuple[object, ...]:
    """What a process has only one of."""
    # On Python 3.10 the back-port of exception groups, which is not ours, sets an excepthook of its own.
    hook = sys.excepthook if not sys.excepthook.__module__.startswith("exceptiongroup") else sys.__excepthook__
    return handlers(), type(asyncio.get_event_loop_policy()), signal.getsignal(signal.SIGTERM), hook


def main(where: str, modules: list[str]) -> None:
    """Import each and print what happened."""
    global root
    root = where
    start = threading.Thread.start

    def started(thread: threading.Thread) -> None:
        note(f"started the thread {thread.name}", culprit())
        start(thread)

    before = stand()
    threading.Thread.start = started  # type: ignore[method-assign]
    os.environ = Watched(os.environ)  # type: ignore[assignment]  # noqa: B003
    sys.addaudithook(audit)
    for module in modules:
        importlib.import_module(module)
        after = stand()
        if after != before:
            seen.append(f"{module}: changed logging handlers, loop policy, SIGTERM or excepthook: {before} to {after}")
            before = after
    print(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
