"""One session where its wrapper lives: hooks in order and never two at once, one terminal event, one destroy."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from athena.errors import Cancelled, Executed, Fault, ServiceError
from athena.executors.actor import FIRST_WAIT, LONGEST_WAIT, PATIENCE, SessionRun
from athena.executors.lanes import Lanes
from athena.models import Part, Reply, Request, SessionContext, Stage
from athena.session import END_MARK
from athena.testing.misbehave import RAISES, RETURNS, SECRET, misbehave

ITEM = Reply((Part("x", b"1"),), Stage.CONTINUE)
END = Reply((Part("x", b"last"),), Stage.END)
NOTHING = Reply()


def quiet() -> None:
    """An acknowledgement nobody waits for."""


class Pulled:
    """A wrapper that is asked: what it has ready, and when it was asked."""

    def __init__(self, *ready: Reply) -> None:
        self.ready = deque(ready)
        self.asked: list[float] = []
        self.destroyed: list[object] = []

    def hooks(self) -> dict[str, Callable[..., object]]:
        return {
            "create": lambda context: self,
            "write": lambda session, request: None,
            "read": self.read,
            "destroy": self.destroyed.append,
        }

    def read(self, session: object) -> Reply:
        self.asked.append(time.monotonic())
        return self.ready.popleft() if self.ready else NOTHING


class Pushing:
    """A wrapper that emits; ``write`` may be replaced."""

    def __init__(self) -> None:
        self.context: SessionContext | None = None
        self.destroyed: list[object] = []

    def hooks(self, write: Callable[[Pushing, Request], None] | None = None) -> dict[str, Callable[..., object]]:
        def emit(session: Pushing, request: Request) -> None:
            session.emit(ITEM)
            if request.ended:
                session.emit(END)

        return {"create": self.create, "write": write or emit, "destroy": self.destroyed.append}

    def create(self, context: SessionContext) -> object:
        self.context = context
        return self

    def emit(self, reply: Reply) -> None:
        assert self.context is not None
        self.context.outbox.emit(reply)


def test_a_session_that_emits_is_opened_answered_ended_destroyed_and_closed_in_this_order(bench: Any) -> None:
    wrapper, talk = Pushing(), bench.Talk()
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    run.write(bench.request(Part("a", b"1", stage=Stage.BEGIN)), quiet)
    run.write(bench.request(Part("a", b"2", stage=Stage.END)), quiet)
    talk.over()
    assert talk.events == ["opened", ITEM, ITEM, END, ("ended", None), "closed"]
    assert wrapper.destroyed == [wrapper]


def test_what_its_context_says_is_what_the_client_sent(bench: Any) -> None:
    wrapper, talk = Pushing(), bench.Talk()
    request = Request("s", "sid-1", (), {"k": "v"}, {"h": "w"}, cancellation=bench.request().cancellation)
    bench.engine(**wrapper.hooks()).open(request, talk)
    talk.open()
    context = wrapper.context
    assert context is not None
    assert (context.sid, context.service, context.params, context.headers) == ("sid-1", "s", {"k": "v"}, {"h": "w"})
    assert not context.cancelled


def test_a_session_that_is_asked_gives_what_is_ready_after_each_write(bench: Any) -> None:
    wrapper, talk = Pulled(ITEM, ITEM), bench.Talk()
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    run.write(bench.request(Part("a", stage=Stage.BEGIN)), quiet)
    bench.until(lambda: len(talk.replies) == 2, "both replies came")
    run.close()
    talk.over()


def test_a_session_that_has_nothing_is_asked_again_ever_more_seldom_and_for_a_second_only(bench: Any) -> None:
    wrapper, talk = Pulled(), bench.Talk()
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    run.write(bench.request(Part("a", stage=Stage.BEGIN)), quiet)
    bench.until(lambda: wrapper.asked and time.monotonic() - wrapper.asked[-1] > 4 * LONGEST_WAIT, "it was given up")
    waits = [later - earlier for earlier, later in zip(wrapper.asked, wrapper.asked[1:], strict=False)]
    assert waits[0] >= FIRST_WAIT
    assert waits[-1] >= LONGEST_WAIT
    assert 8 <= len(waits) <= 16  # 5, 5, 10, 20, 40, 80 ms and then every 100 ms, up to a second
    assert wrapper.asked[-1] - wrapper.asked[0] >= PATIENCE * 0.9
    run.close()
    talk.over()


def test_after_half_close_it_is_asked_until_the_end_however_long_that_takes(bench: Any) -> None:
    wrapper, talk = Pulled(), bench.Talk()
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    run.write(bench.request(END_MARK), quiet)
    time.sleep(PATIENCE + 0.3)
    assert talk.replies == []
    wrapper.ready.extend([ITEM, END])
    talk.over()
    assert talk.events == ["opened", ITEM, END, ("ended", None), "closed"]


def test_a_detached_clients_read_asks_and_an_emitting_wrapper_is_not_asked(bench: Any) -> None:
    wrapper, talk = Pulled(), bench.Talk()
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    talk.open()
    assert wrapper.asked == []
    wrapper.ready.append(ITEM)
    run.ask()
    bench.until(lambda: talk.replies == [ITEM], "the reply came")
    run.close()
    talk.over()
    pushing, other = Pushing(), bench.Talk()
    run = bench.engine(**pushing.hooks()).open(bench.request(), other)
    run.ask()
    run.close()
    other.over()
    assert other.replies == []


def test_many_asks_do_not_multiply_the_chains_of_asking(bench: Any) -> None:
    wrapper, talk = Pulled(), bench.Talk()
    run = bench.engine(threads=4, **wrapper.hooks()).open(bench.request(), talk)
    for _ in range(20):
        run.ask()
    bench.until(lambda: len(wrapper.asked) >= 20, "each ask was heard")
    time.sleep(0.4)
    assert len(wrapper.asked) < 20 + 20, "each of twenty chains went on by itself"
    run.close()
    talk.over()


@pytest.mark.parametrize("kind", RAISES)
@pytest.mark.parametrize("hook", ["create", "write", "read"])
def test_whatever_a_session_hook_raises_is_the_terminal_event_once(bench: Any, hook: str, kind: str) -> None:
    wrapper, talk = Pulled(), bench.Talk()
    hooks = {**wrapper.hooks(), hook: lambda *_: misbehave(kind)}
    acknowledged = threading.Semaphore(0)
    run = bench.engine(**hooks).open(bench.request(), talk)
    for _ in range(3):
        run.write(bench.request(Part("a", stage=Stage.BEGIN)), acknowledged.release)
    talk.over()
    (error,) = talk.terminals
    assert error is not None
    assert (error.fault, error.executed) == (Fault.USER_ERROR, Executed.YES)
    assert f"athena_session_{hook}" in error.message
    assert SECRET not in error.message
    assert wrapper.destroyed == ([] if hook == "create" else [wrapper])
    for _ in range(3):
        assert acknowledged.acquire(timeout=10), "a write that will never run was not acknowledged"


@pytest.mark.parametrize("kind", [*RETURNS, "cancelled"])
def test_whatever_read_returns_instead_of_a_reply_is_the_terminal_event(bench: Any, kind: str) -> None:
    def read(_: object) -> object:
        if kind == "cancelled":
            raise Cancelled("by the wrapper itself, though nobody cancelled")
        return misbehave(kind)

    wrapper, talk = Pulled(), bench.Talk()
    run = bench.engine(**{**wrapper.hooks(), "read": read}).open(bench.request(), talk)
    run.write(bench.request(Part("a", stage=Stage.BEGIN)), quiet)
    talk.over()
    (error,) = talk.terminals
    assert error is not None
    assert error.fault is (Fault.CANCELLED if kind == "cancelled" else Fault.USER_ERROR)
    assert wrapper.destroyed == [wrapper]


def test_none_is_no_session(bench: Any) -> None:
    wrapper, talk = Pulled(), bench.Talk()
    bench.engine(**{**wrapper.hooks(), "create": lambda _: None}).open(bench.request(), talk)
    talk.over()
    (error,) = talk.terminals
    assert error is not None
    assert "returned None" in error.message
    assert wrapper.destroyed == []


@pytest.mark.parametrize("token", [0, False, "", ()])
def test_a_session_may_be_any_token_but_none(bench: Any, token: object) -> None:
    wrapper, talk = Pulled(), bench.Talk()
    run = bench.engine(**{**wrapper.hooks(), "create": lambda _: token}).open(bench.request(), talk)
    talk.open()
    run.close()
    talk.over()
    assert wrapper.destroyed == [token]


@pytest.mark.parametrize("kind", RAISES)
def test_a_destroy_that_fails_is_still_the_end(bench: Any, kind: str) -> None:
    def destroy(_: object) -> None:
        misbehave(kind)

    talk = bench.Talk()
    run = bench.engine(**{**Pulled().hooks(), "destroy": destroy}).open(bench.request(), talk)
    talk.open()
    run.close()
    talk.over()
    assert talk.events == ["opened", "closed"]


def test_emitting_what_is_no_reply_is_told_to_the_wrapper_and_ends_the_session(bench: Any) -> None:
    def write(session: Pushing, _: Request) -> None:
        session.emit("text")  # type: ignore[arg-type]

    wrapper, talk = Pushing(), bench.Talk()
    run = bench.engine(**wrapper.hooks(write)).open(bench.request(), talk)
    run.write(bench.request(), quiet)
    talk.over()
    (error,) = talk.terminals
    assert error is not None
    assert "outbox.emit returned str" in error.message


def test_a_reply_that_says_once_goes_on_in_a_session(bench: Any) -> None:
    def write(session: Pushing, _: Request) -> None:
        session.emit(Reply((Part("x"),)))

    wrapper, talk = Pushing(), bench.Talk()
    run = bench.engine(**wrapper.hooks(write)).open(bench.request(), talk)
    run.write(bench.request(), quiet)
    run.write(bench.request(), quiet)
    bench.until(lambda: len(talk.replies) == 2, "both came")
    assert {reply.stage for reply in talk.replies} == {Stage.CONTINUE}
    run.close()
    talk.over()


def test_emit_waits_while_the_outbox_is_full_and_the_next_session_does_not(bench: Any) -> None:
    wrapper, talk = Pushing(), bench.Talk(window=3)
    emitted: list[int] = []

    def write(session: Pushing, _: Request) -> None:
        for number in range(10):
            session.emit(ITEM)
            emitted.append(number)

    engine = bench.engine(threads=2, **wrapper.hooks(write))
    run = engine.open(bench.request(), talk)
    run.write(bench.request(), quiet)
    bench.until(lambda: len(emitted) == 3, "the outbox is full")
    time.sleep(0.05)
    assert len(emitted) == 3
    other = bench.Talk()
    engine.open(bench.request(), other)
    other.open()
    talk.credit.give(7, 0)
    bench.until(lambda: len(emitted) == 10, "the reader's pace was followed")
    run.close()
    talk.over()


def test_emit_after_destroy_raises_cancelled_from_any_thread(bench: Any) -> None:
    wrapper, talk = Pushing(), bench.Talk()
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    talk.open()
    run.close()
    talk.over()
    assert wrapper.context is not None
    assert wrapper.context.cancelled
    raised: list[BaseException] = []

    def emit() -> None:
        try:
            wrapper.emit(ITEM)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=emit)
    thread.start()
    thread.join(5)
    assert [type(error) for error in raised] == [Cancelled]
    assert talk.replies == []


def test_a_thread_of_the_wrapper_that_waits_in_emit_is_woken_by_the_close(bench: Any) -> None:
    wrapper, talk = Pushing(), bench.Talk(window=1)
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    talk.open()
    outcome: list[str] = []

    def flood() -> None:
        try:
            while True:
                wrapper.emit(ITEM)
        except Cancelled:
            outcome.append("cancelled")

    thread = threading.Thread(target=flood)
    thread.start()
    bench.until(lambda: len(talk.replies) == 1, "the outbox is full")
    run.close()
    talk.credit.close()  # what the executor does with its end
    thread.join(5)
    assert outcome == ["cancelled"]
    talk.over()


def test_nothing_is_written_after_the_end_and_waiting_writes_are_dropped(bench: Any) -> None:
    written: list[str] = []

    def write(session: Pushing, request: Request) -> None:
        written.append(request.params["n"])
        if request.params["n"] == "1":
            session.emit(END)

    wrapper, talk = Pushing(), bench.Talk()
    run = bench.engine(threads=4, **wrapper.hooks(write)).open(bench.request(), talk)
    acknowledged = threading.Semaphore(0)
    for number in range(5):
        run.write(bench.request(n=str(number)), acknowledged.release)
    talk.over()
    run.write(bench.request(n="later"), acknowledged.release)
    for _ in range(6):
        assert acknowledged.acquire(timeout=10)
    assert written == ["0", "1"]
    assert talk.terminals == [None]
    assert len(wrapper.destroyed) == 1


@pytest.mark.parametrize("attempt", range(40))
def test_destroy_runs_exactly_once_when_a_close_races_with_everything(bench: Any, attempt: int) -> None:
    wrapper, talk = Pushing(), bench.Talk(window=10_000)
    engine = bench.engine(threads=4, **wrapper.hooks())
    run = engine.open(bench.request(), talk)
    start = threading.Barrier(4)

    def write() -> None:
        start.wait(5)
        for number in range(10):
            stage = Stage.END if number == 9 else Stage.CONTINUE
            run.write(bench.request(Part("a", stage=stage)), quiet)

    def emit() -> None:
        start.wait(5)
        try:
            for _ in range(attempt):
                if wrapper.context is not None:
                    wrapper.emit(ITEM)
        except Cancelled:
            pass

    def close() -> None:
        start.wait(5)
        time.sleep(attempt * 0.0001)
        run.close()

    threads = [threading.Thread(target=target) for target in (write, emit, close)]
    for thread in threads:
        thread.start()
    start.wait(5)
    for thread in threads:
        thread.join(10)
    talk.over()
    run.close()
    engine.stop(5)
    created = wrapper.context is not None
    assert wrapper.destroyed == ([wrapper] if created else [])
    assert talk.events.count("closed") == 1
    assert talk.events[-1] == "closed"
    assert len(talk.terminals) <= 1


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
    run.begin()
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
