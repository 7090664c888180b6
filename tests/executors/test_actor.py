"""One session where its wrapper lives: created, written, asked, ended and destroyed, whatever its hooks do."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from athena.errors import Cancelled, Executed, Fault
from athena.executors.asking import FIRST_WAIT, LONGEST_WAIT, PATIENCE
from athena.models import END_MARK, Part, Reply, Request, Stage
from athena.testing.misbehave import RAISES, RETURNS, SECRET, misbehave

ITEM = Reply((Part("x", b"1"),), Stage.CONTINUE)
END = Reply((Part("x", b"last"),), Stage.END)
NOTHING = Reply()


def quiet() -> None:
    """An acknowledgement nobody waits for."""


def test_a_session_that_emits_is_opened_answered_ended_destroyed_and_closed_in_this_order(bench: Any) -> None:
    wrapper, talk = bench.Pushing(), bench.Talk()
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    run.write(bench.request(Part("a", b"1", stage=Stage.BEGIN)), quiet)
    run.write(bench.request(Part("a", b"2", stage=Stage.END)), quiet)
    talk.over()
    assert talk.events == ["opened", bench.ITEM, bench.ITEM, bench.END, ("ended", None), "closed"]
    assert wrapper.destroyed == [wrapper]


def test_what_its_context_says_is_what_the_client_sent(bench: Any) -> None:
    wrapper, talk = bench.Pushing(), bench.Talk()
    request = Request("s", "sid-1", (), {"k": "v"}, {"h": "w"}, cancellation=bench.request().cancellation)
    bench.engine(**wrapper.hooks()).open(request, talk)
    talk.open()
    context = wrapper.context
    assert context is not None
    assert (context.sid, context.service, context.params, context.headers) == ("sid-1", "s", {"k": "v"}, {"h": "w"})
    assert not context.cancelled


def test_a_session_that_is_asked_gives_what_is_ready_after_each_write(bench: Any) -> None:
    wrapper, talk = bench.Pulled(ITEM, ITEM), bench.Talk()
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    run.write(bench.request(Part("a", stage=Stage.BEGIN)), quiet)
    bench.until(lambda: len(talk.replies) == 2, "both replies came")
    run.close()
    talk.over()


def test_a_session_that_has_nothing_is_asked_again_ever_more_seldom_and_for_a_second_only(bench: Any) -> None:
    wrapper, talk = bench.Pulled(), bench.Talk()
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
    wrapper, talk = bench.Pulled(), bench.Talk()
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    run.write(bench.request(END_MARK), quiet)
    time.sleep(PATIENCE + 0.3)
    assert talk.replies == []
    wrapper.ready.extend([ITEM, END])
    talk.over()
    assert talk.events == ["opened", ITEM, END, ("ended", None), "closed"]


def test_a_detached_clients_read_asks_and_an_emitting_wrapper_is_not_asked(bench: Any) -> None:
    wrapper, talk = bench.Pulled(), bench.Talk()
    run = bench.engine(**wrapper.hooks()).open(bench.request(), talk)
    talk.open()
    assert wrapper.asked == []
    wrapper.ready.append(ITEM)
    run.ask()
    bench.until(lambda: talk.replies == [ITEM], "the reply came")
    run.close()
    talk.over()
    pushing, other = bench.Pushing(), bench.Talk()
    run = bench.engine(**pushing.hooks()).open(bench.request(), other)
    run.ask()
    run.close()
    other.over()
    assert other.replies == []


def test_many_asks_do_not_multiply_the_chains_of_asking(bench: Any) -> None:
    wrapper, talk = bench.Pulled(), bench.Talk()
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
    wrapper, talk = bench.Pulled(), bench.Talk()
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

    wrapper, talk = bench.Pulled(), bench.Talk()
    run = bench.engine(**{**wrapper.hooks(), "read": read}).open(bench.request(), talk)
    run.write(bench.request(Part("a", stage=Stage.BEGIN)), quiet)
    talk.over()
    (error,) = talk.terminals
    assert error is not None
    assert error.fault is (Fault.CANCELLED if kind == "cancelled" else Fault.USER_ERROR)
    assert wrapper.destroyed == [wrapper]


def test_none_is_no_session(bench: Any) -> None:
    wrapper, talk = bench.Pulled(), bench.Talk()
    bench.engine(**{**wrapper.hooks(), "create": lambda _: None}).open(bench.request(), talk)
    talk.over()
    (error,) = talk.terminals
    assert error is not None
    assert "returned None" in error.message
    assert wrapper.destroyed == []


@pytest.mark.parametrize("token", [0, False, "", ()])
def test_a_session_may_be_any_token_but_none(bench: Any, token: object) -> None:
    wrapper, talk = bench.Pulled(), bench.Talk()
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
    run = bench.engine(**{**bench.Pulled().hooks(), "destroy": destroy}).open(bench.request(), talk)
    talk.open()
    run.close()
    talk.over()
    assert talk.events == ["opened", "closed"]
