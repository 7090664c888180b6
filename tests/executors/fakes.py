"""A pool's workers without processes, and a pool of them."""

from __future__ import annotations

import asyncio
from typing import Any

from athena.executors.pool import Pool
from athena.link.entries import Once
from athena.link.frames import DONE, Frame
from athena.link.heads import encode_reply
from athena.models import Limits, Part, Reply

from .crew import request, settings


class FakePeer:
    """Keeps what is begun; answers when it is told to."""

    def __init__(self) -> None:
        self.entries: list[Any] = []  # Any: calls and sessions
        self.given_up: list[Any] = []
        self.never_written = False
        self.outgoing = self

    def begin(self, kind: int, entry: Any, *rest: object) -> None:
        entry.id = len(self.entries) + 1
        entry.written = not self.never_written
        self.entries.append(entry)

    def give_up(self, kind: int, entry: Any) -> bool:
        self.given_up.append(entry)
        return self.never_written

    def post(self, *frame: object) -> None: ...

    def answer(self, index: int) -> None:
        head, segments, _ = encode_reply(Reply((Part("n", str(index).encode()),)))
        self.entries[index].take(Frame(DONE, 1, head, b"".join(segments)))


class FakeWorker:
    """What a pool sees of a worker."""

    def __init__(self, lanes: int = 2) -> None:
        self.busy = 0
        self.finished = 0
        self.alive = True
        self.pace = 1.0
        self.answered = 0.0
        self.sessions: set[Any] = set()
        self.peer = FakePeer()
        self.killed = ""
        self.lanes = lanes
        self.successor: Any = None  # Any: another fake
        self.bound = 1000
        self.worn = ""

    def wear(self, bound: str) -> None:
        self.worn = bound

    def kill(self, why: str, reason: str = "killed") -> None:
        self.killed = why


def pool(workers: int = 1, threads: int = 2, **keys: Any) -> tuple[Any, list[FakeWorker]]:  # Any: takes fakes
    made = Pool(settings(workers=workers, threads=threads, **keys), Limits(default_deadline=0.1))
    crew = [FakeWorker(threads) for _ in range(workers)]
    for worker in crew:
        made.came(worker)  # type: ignore[arg-type]
    return made, crew


def call(there: Any, within: float = 20.0, **params: str) -> Once:
    made = Once(request(within=within, **params), there.ended, asyncio.get_running_loop().create_future(), 1 << 20)
    there.submit(made)
    return made
