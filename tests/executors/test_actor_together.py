"""Many sessions at once: hooks of one never overlap, writes of many go together, nobody starves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from athena.errors import Fault, ServiceError
from athena.executors.actor import SessionRun
from athena.executors.lanes import Lanes
from athena.models import Part, Reply, Request, SessionContext, Stage

ITEM = Reply((Part("x", b"1"),), Stage.CONTINUE)
NOTHING = Reply()


def quiet() -> None:
    """An acknowledgement nobody waits for."""


class Overlap:
    """Notes whether two hooks of one session ever ran at once, and the order of its writes."""

    def __init__(self) -> None:
        self.inside: dict[str, int] = {}
        self.overlaps = 0
        self.writes: dict[str, list[int]] = {}
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def enter(self, sid: str) -> None:
        with self._lock:
            self.inside[sid] = self.inside.get(sid, 0) + 1
            self.overlaps += self.inside[sid] > 1
            self._now += 1
            self.most = max(self.most, self._now)

    def leave(self, sid: str) -> None:
        with self._lock:
            self.inside[sid] -= 1
            self._now -= 1

    def create(self, context: SessionContext) -> str:
        self.enter(context.sid)
        time.sleep(0.0005)
        self.leave(context.sid)
        return context.sid

    def write(self, sid: str, request: Request) -> None:
        self.enter(sid)
        self.writes.setdefault(sid, []).append(int(request.params["n"]))
        time.sleep(0.0002)
        self.leave(sid)

    def batch(self, requests: list[Request]) -> list[Reply]:
        sids = [request.sid for request in requests]
        assert len(set(sids)) == len(sids), "two writes of one session in one batch"
        for request in requests:
            self.enter(request.sid)
            self.writes.setdefault(request.sid, []).append(int(request.params["n"]))
        time.sleep(0.0002)
        for request in requests:
            self.leave(request.sid)
        return [ITEM] * len(requests)

    def read(self, sid: str) -> Reply:
        self.enter(sid)
        time.sleep(0.0001)
        self.leave(sid)
        return NOTHING

    def destroy(self, sid: str) -> None:
        self.enter(sid)
        time.sleep(0.0005)
        self.leave(sid)


@pytest.mark.parametrize("mode", ["push", "pull", "batch"])
def test_hooks_of_one_session_never_overlap_and_its_writes_stay_in_order(bench: Any, mode: str) -> None:
    watch = Overlap()
    hooks: dict[str, Callable[..., object]] = {"create": watch.create, "destroy": watch.destroy}
    hooks |= {"batch": watch.batch} if mode == "batch" else {"write": watch.write}
    if mode == "pull":
        hooks["read"] = watch.read
    engine = bench.engine(threads=8, **hooks)
    talks = [bench.Talk(window=1_000_000) for _ in range(12)]
    sids = [f"s{number}" for number in range(len(talks))]
    requests = [Request("s", sid, cancellation=bench.request().cancellation) for sid in sids]
    runs = [engine.open(request, talk) for request, talk in zip(requests, talks, strict=True)]
    acknowledged = threading.Semaphore(0)
    for number in range(60):
        for sid, run in zip(sids, runs, strict=True):
            part = Part("a", stage=Stage.CONTINUE)
            run.write(Request("s", sid, (part,), {"n": str(number)}), acknowledged.release)
    for _ in range(60 * len(runs)):
        assert acknowledged.acquire(timeout=20), "a write was never acknowledged"
    for run in runs:
        run.close()
    for talk in talks:
        talk.over()
    assert watch.overlaps == 0
    assert {sid: watch.writes[sid] for sid in sids} == {sid: list(range(60)) for sid in sids}
    assert watch.most > 1, "the sessions never ran beside each other: nothing was tried"


def test_waiting_writes_of_many_sessions_go_together_as_one_batch(bench: Any) -> None:
    sizes: list[int] = []
    release = threading.Event()

    def batch(requests: list[Request]) -> list[Reply]:
        sizes.append(len(requests))
        release.wait(10)
        return [Reply((Part.from_text("n", request.sid),)) for request in requests]

    engine = bench.engine(threads=1, create=lambda context: context.sid, batch=batch)
    talks = {f"s{number}": bench.Talk() for number in range(6)}
    runs = {sid: engine.open(Request("s", sid), talk) for sid, talk in talks.items()}
    for talk in talks.values():
        talk.open()
    for sid, run in runs.items():
        run.write(Request("s", sid, (Part("a", stage=Stage.END),)), quiet)
    bench.until(lambda: bool(sizes), "the first batch began")
    release.set()
    for sid, talk in talks.items():
        talk.over()
        assert [reply.part("n").text for reply in talk.replies] == [sid]
        assert [reply.stage for reply in talk.replies] == [Stage.END]
        assert talk.terminals == [None]
    assert max(sizes) > 1
    assert sum(sizes) == 6


def test_a_batch_that_answers_at_once_does_not_start_a_second_turn_of_its_session(bench: Any) -> None:
    """The answer may come on another lane before the lane that handed the write over has looked again."""
    calls: list[str] = []
    inside, overlaps = [0], [0]
    acknowledging = threading.Event()
    acknowledged = threading.Semaphore(0)

    def gather(run: SessionRun, request: Request) -> None:
        calls.append(request.params["n"])
        inside[0] += 1
        overlaps[0] += inside[0] > 1
        if request.params["n"] == "0":
            threading.Thread(target=run.answered, args=(request, ITEM)).start()
            assert acknowledging.wait(10)
            inside[0] -= 1
            return
        time.sleep(0.2)
        inside[0] -= 1
        run.answered(request, ITEM)

    def slowly() -> None:
        acknowledging.set()
        time.sleep(0.1)  # the first lane looks now whether its write still waits in the batch
        acknowledged.release()

    lanes, talk = Lanes("turn", 2), bench.Talk()
    lanes.start()
    hooks = bench.Hooks(create=lambda context: context.sid, batch=lambda requests: [ITEM])
    run = SessionRun(hooks, lanes, bench.request(), talk, 1 << 20, gather)
    for number in range(4):
        part = Part("a", stage=Stage.CONTINUE)
        run.write(bench.request(part, n=str(number)), acknowledged.release if number else slowly)
    for _ in range(4):
        assert acknowledged.acquire(timeout=10), "a write was never acknowledged"
    run.close()
    talk.over()
    lanes.stop(5)
    assert calls == ["0", "1", "2", "3"]
    assert overlaps == [0]


def test_an_error_in_a_batch_ends_the_session_it_belongs_to_alone(bench: Any) -> None:
    def batch(requests: list[Request]) -> list[object]:
        return [ServiceError(Fault.USER_ERROR, "bad", code=3) if r.sid == "bad" else ITEM for r in requests]

    engine = bench.engine(create=lambda context: context.sid, batch=batch)
    good, bad = bench.Talk(), bench.Talk()
    runs = [engine.open(Request("s", "good"), good), engine.open(Request("s", "bad"), bad)]
    for sid, run in zip(("good", "bad"), runs, strict=True):
        run.write(Request("s", sid, (Part("a", stage=Stage.CONTINUE),)), quiet)
    bad.over()
    (error,) = bad.terminals
    assert error is not None
    assert error.code == 3
    bench.until(lambda: len(good.replies) == 1, "the other was answered")
    assert good.terminals == []
    runs[0].close()
    good.over()


def test_one_session_with_much_to_do_lets_another_have_its_turn(bench: Any) -> None:
    order: list[str] = []

    def write(session: str, request: Request) -> None:
        order.append(request.sid)
        time.sleep(0.0005)

    engine = bench.engine(threads=1, create=lambda context: context.sid, write=write)
    long, short = bench.Talk(), bench.Talk()
    busy, modest = engine.open(Request("s", "busy"), long), engine.open(Request("s", "modest"), short)
    short.open()
    for _ in range(200):
        busy.write(Request("s", "busy"), quiet)
    modest.write(Request("s", "modest"), quiet)
    bench.until(lambda: "modest" in order, "the other had its turn")
    assert order.index("modest") < 100
    for run, talk in ((busy, long), (modest, short)):
        run.close()
        talk.over()
