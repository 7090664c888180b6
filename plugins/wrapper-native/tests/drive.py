"""So many calls and sessions of every kind, on the probe: what a memory checker is given to watch.

``python drive.py LIBRARY COUNT`` prints one line of JSON: what was done, and what the library says is still alive.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from athena import Kind, Part, Principal, Request, ServiceError, SessionContext, Stage
from athena_wrapper_native.options import split
from athena_wrapper_native.wrapper import wrapped

PARTS = (
    Part("image", b"\0\x01\0" * 500, Kind.IMAGE, attributes={"encoding": "jpg", "odd": "a\0b"}),
    Part("text", memoryview(b"words"), Kind.TEXT),
    Part("none", b""),
)
BOUND = 60
PATIENCE = 30


class Box:
    """The client's end of a session."""

    cancelled = False

    def __init__(self) -> None:
        self.over = threading.Event()

    def emit(self, reply: Any) -> None:  # Any: a reply, or the error that ends it
        if isinstance(reply, ServiceError) or reply.stage is Stage.END:
            self.over.set()


def once(wrapper: Any, what: str, *parts: Part) -> None:  # Any: put together when it is opened
    """One call, which may end in the library's own error."""
    params = {"do": what, "code": "20001"} if what else {}
    try:
        wrapper.athena_once_exec(Request("s", "sid", parts, params))
    except ServiceError as error:
        if error.code != 20001 and what != "hole":
            raise


def talk(wrapper: Any, what: str) -> None:  # Any: as above
    """One session of two writes, read or waited for to its end."""
    box = Box()
    params = {"do": what, "code": "20001"}
    session = wrapper.athena_session_create(SessionContext("sid", "s", params, {}, (), None, Principal("me"), box, box))
    try:
        for stage in (Stage.BEGIN, Stage.END):
            parts = tuple(Part(part.key, part.data, part.kind, stage, None, part.attributes) for part in PARTS)
            wrapper.athena_session_write(session, Request("s", "sid", parts))
            if hasattr(wrapper, "athena_session_read"):
                wrapper.athena_session_read(session)
        if not hasattr(wrapper, "athena_session_read") and what != "late":
            assert box.over.wait(BOUND), "the last callback did not come"
    finally:
        wrapper.athena_session_destroy(session)


def state(wrapper: Any) -> list[int]:
    """What is alive in the library, and what was freed."""
    reply = wrapper.athena_once_exec(Request("s", "sid", params={"do": "state"}))
    return [int(word) for word in reply.part("state").text.split()[:3]]


def main(library: str, count: int) -> None:
    """Do it."""
    sync, asynchronous = (_opened(library, {"native": {"asynchronous": way}}) for way in (False, True))
    rounds: list[Callable[[], None]] = [
        lambda: once(sync, "", *PARTS),
        lambda: once(asynchronous, "", *PARTS),
        lambda: once(sync, "seen"),
        lambda: once(asynchronous, "here", *PARTS),
        lambda: once(sync, "error"),
        lambda: once(asynchronous, "fail"),
        lambda: once(sync, "odd"),
        lambda: once(sync, "hole"),
        lambda: once(sync, "meter", *PARTS),
        lambda: once(asynchronous, "nothing"),
        lambda: talk(sync, ""),
        lambda: talk(asynchronous, ""),
        lambda: talk(sync, "meter"),
        lambda: talk(asynchronous, "fail"),
        lambda: talk(asynchronous, "here"),
        lambda: talk(asynchronous, "late"),
    ]
    for number in range(count):
        rounds[number % len(rounds)]()
    for _ in range(PATIENCE):
        alive, freed, destroyed = state(sync)
        if not alive:
            break
        time.sleep(0.1)  # callbacks that come late are still to come
    sync.athena_fini()
    print(json.dumps({"calls": count, "alive": alive, "freed": freed, "destroyed": destroyed}))


def _opened(library: str, table: dict[str, Any]) -> Any:  # Any: as above
    options, config = split(table)
    wrapper: Any = wrapped(library, options, config)
    wrapper.athena_init(None)
    return wrapper


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
