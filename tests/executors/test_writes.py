"""Writes of many sessions go together: at most so many, at most one of each, and nothing is lost or run for nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from athena.errors import Fault, ServiceError
from athena.executors.lanes import Lanes
from athena.executors.writes import Writes
from athena.models import BatchSettings, Reply, Request


class Session:
    """Waits for its outcome."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.over = False
        self.told: list[Reply | ServiceError | None] = []
        self.done = threading.Event()

    def answered(self, request: Request, answer: Reply | ServiceError | None) -> None:
        self.told.append(answer)
        self.done.set()


class Room:
    """Lists as they were run, and a gate before the first."""

    def __init__(self, threads: int = 1) -> None:
        self.lanes = Lanes("writes", threads)
        self.lists: list[list[str]] = []
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        self.gate = threading.Event()
        self.inside = threading.Event()
        self.writes = Writes(self.lanes, threads, self.answers)
        self.lanes.start()

    def answers(self, requests: list[Request]) -> list[Reply | ServiceError]:
        with self._lock:
            self.lists.append([request.sid for request in requests])
            self._now += 1
            self.most = max(self.most, self._now)
        self.inside.set()
        assert self.gate.wait(20)
        with self._lock:
            self._now -= 1
        return [ServiceError(Fault.BAD_REQUEST, "no") if r.sid == "bad" else Reply() for r in requests]

    def add(self, name: str) -> Session:
        session = Session(name)
        self.writes.add(session, Request("s", name))
        return session

    def hold(self) -> Session:
        first = self.add("first")
        assert self.inside.wait(20)
        return first


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.gate.set()
    made.lanes.stop(5)


def test_who_waits_goes_together_in_order_and_each_is_told_its_own_outcome(room: Room) -> None:
    first = room.hold()
    sessions = [room.add(name) for name in ("a", "bad", "b")]
    room.gate.set()
    assert all(session.done.wait(10) for session in (first, *sessions))
    assert room.lists == [["first"], ["a", "bad", "b"]]
    assert [isinstance(session.told[0], ServiceError) for session in sessions] == [False, True, False]


def test_a_list_has_at_most_so_many(room: Room) -> None:
    room.writes.settle(BatchSettings(2, 0.0))
    room.hold()
    sessions = [room.add(name) for name in "abcde"]
    room.gate.set()
    assert all(session.done.wait(10) for session in sessions)
    assert room.lists == [["first"], ["a", "b"], ["c", "d"], ["e"]]


def test_a_session_that_is_over_is_told_so_and_its_write_is_not_run(room: Room) -> None:
    room.hold()
    gone, stays = room.add("gone"), room.add("stays")
    gone.over = True
    room.gate.set()
    assert gone.done.wait(10)
    assert stays.done.wait(10)
    assert gone.told == [None]
    assert room.lists == [["first"], ["stays"]]


def test_a_list_of_nobody_is_not_run(room: Room) -> None:
    room.hold()
    gone = room.add("gone")
    gone.over = True
    room.gate.set()
    assert gone.done.wait(10)
    assert room.add("next").done.wait(10)
    assert room.lists == [["first"], ["next"]]


def test_sessions_that_write_together_are_waited_for(room: Room) -> None:
    room.writes.settle(BatchSettings(64, 200.0))
    room.gate.set()
    for _ in range(12):
        for session in [room.add(name) for name in "abcd"]:
            assert session.done.wait(10)
    room.lists.clear()
    first = room.add("a")
    time.sleep(0.0005)
    rest = [room.add(name) for name in "bcd"]
    assert all(session.done.wait(10) for session in (first, *rest))
    assert sorted(name for each in room.lists for name in each) == ["a", "b", "c", "d"]


def test_a_session_that_writes_alone_is_answered_although_others_were_expected(room: Room) -> None:
    room.writes.settle(BatchSettings(64, 50.0))
    room.hold()
    sessions = [room.add(name) for name in "abcdefgh"]
    room.gate.set()
    assert all(session.done.wait(10) for session in sessions)
    for _ in range(10):
        assert room.add("alone").done.wait(10)


def test_so_many_lists_run_at_once_as_there_are_threads() -> None:
    room = Room(threads=2)
    room.writes.settle(BatchSettings(1, 0.0))
    sessions = [room.add(str(number)) for number in range(6)]
    until = time.monotonic() + 10
    while room.most < 2 and time.monotonic() < until:
        time.sleep(0.002)
    room.gate.set()
    assert all(session.done.wait(10) for session in sessions)
    assert room.most == 2
    assert room.lanes.stop(5)
