"""Whatever a hook hands back instead of a reply, its caller is told so, and the lane lives on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from athena.errors import Executed, Fault, ServiceError
from athena.executors.engine import Engine
from athena.models import Kind, Part, Reply, Request
from athena.testing.misbehave import RETURNS, misbehave

ECHO = Reply((Part("x", b"ok"),))


class Hostile(Mapping[str, str]):
    """A mapping that raises when it is read."""

    def __getitem__(self, key: str) -> str:
        raise RuntimeError(key)

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("no keys for you")

    def __len__(self) -> int:
        return 3


class Liar:
    """Says of itself that its class cannot be told."""

    @property
    def __class__(self) -> type:  # type: ignore[override]
        raise RuntimeError("no class for you")


WRONG: dict[str, Callable[[], object]] = {
    **{kind: lambda kind=kind: misbehave(kind) for kind in RETURNS},
    "true": lambda: True,
    "reply class": lambda: Reply,
    "tuple of replies": lambda: (ECHO,),
    "set": lambda: {1},
    "coroutine-like": lambda: object(),
    "parts is None": lambda: Reply(None),  # type: ignore[arg-type]
    "parts is a string": lambda: Reply("parts"),  # type: ignore[arg-type]
    "parts is a generator": lambda: Reply(part for part in ()),  # type: ignore[arg-type]
    "a part is None": lambda: Reply((None,)),  # type: ignore[arg-type]
    "a part is a tuple": lambda: Reply((("x", b""),)),  # type: ignore[arg-type]
    "data is text": lambda: Reply((Part("x", "text"),)),  # type: ignore[arg-type]
    "data is a list": lambda: Reply((Part("x", [1]),)),  # type: ignore[arg-type]
    "data is None": lambda: Reply((Part("x", None),)),  # type: ignore[arg-type]
    "data is a bytearray": lambda: Reply((Part("x", bytearray(b"x")),)),  # type: ignore[arg-type]
    "data is a wide view": lambda: Reply((Part("x", memoryview(b"12345678").cast("Q")),)),
    "data is a strided view": lambda: Reply((Part("x", memoryview(b"1234")[::2]),)),
    "key is bytes": lambda: Reply((Part(b"x", b""),)),  # type: ignore[arg-type]
    "kind is a number": lambda: Reply((Part("x", b"", 2),)),  # type: ignore[arg-type]
    "part stage is a number": lambda: Reply((Part("x", b"", Kind.TEXT, 2),)),  # type: ignore[arg-type]
    "stage is None": lambda: Reply((), None),  # type: ignore[arg-type]
    "stage is a number": lambda: Reply((), 3),  # type: ignore[arg-type]
    "attributes is a list": lambda: Reply((), attributes=["a"]),  # type: ignore[arg-type]
    "an attribute is a number": lambda: Reply((), attributes={"a": 1}),  # type: ignore[dict-item]
    "an attribute's key is bytes": lambda: Reply((), attributes={b"a": "1"}),  # type: ignore[dict-item]
    "a part's attribute is None": lambda: Reply((Part("x", b"", attributes={"a": None}),)),  # type: ignore[dict-item]
    "attributes raise": lambda: Reply((), attributes=Hostile()),
    "a part's attributes raise": lambda: Reply((Part("x", b"", attributes=Hostile()),)),
    "a reply without fields": lambda: Reply.__new__(Reply),
    "a part without fields": lambda: Reply((Part.__new__(Part),)),
    "class raises": Liar,
}
"""What a hook may hand back that is no reply that can travel."""


def healthy(bench: Any, engine: Engine, threads: int) -> None:
    """Every lane still takes work."""
    barrier = threading.Barrier(threads + 1)

    def once(_: Request) -> Reply:
        barrier.wait(10)
        return ECHO

    engine.hooks.once = once
    calls = [bench.Call() for _ in range(threads)]
    for call in calls:
        engine.call(bench.request(), call)
    barrier.wait(10)
    assert [call.outcome() for call in calls] == [ECHO] * threads


@pytest.mark.parametrize("kind", WRONG)
def test_whatever_once_returns_instead_of_a_reply_is_a_user_error(bench: Any, kind: str) -> None:
    engine, call = bench.engine(once=lambda _: WRONG[kind]()), bench.Call()
    engine.call(bench.request(), call)
    error = call.error()
    assert (error.fault, error.executed) == (Fault.USER_ERROR, Executed.YES)
    assert "athena_once_exec" in error.message
    assert len(call.outcomes) == 1
    healthy(bench, engine, 2)


@pytest.mark.parametrize("kind", WRONG)
def test_whatever_an_iterator_yields_instead_of_a_reply_ends_it_with_a_user_error(bench: Any, kind: str) -> None:
    def once(_: Request) -> Iterator[object]:
        yield ECHO
        yield WRONG[kind]()
        raise AssertionError("it was asked for more")

    engine, call = bench.engine(once=once), bench.Call()
    engine.call(bench.request(), call)
    assert call.error().fault is Fault.USER_ERROR
    assert call.items == [ECHO]
    healthy(bench, engine, 2)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.just(Reply) | st.just(ECHO),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner)
    | st.builds(Reply, inner, inner, inner) | st.builds(Part, inner, inner, inner, inner, inner, inner),
    max_leaves=6,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.lists(ANYTHING, min_size=1, max_size=4))
def test_a_hook_that_hands_back_anything_at_all_is_answered(bench: Any, answers: list[object]) -> None:
    engine = bench.engine(threads=1, once=lambda request: answers[int(request.params["n"])])
    for number in range(len(answers)):
        call = bench.Call()
        engine.call(bench.request(n=str(number)), call)
        outcome = call.outcome()
        assert isinstance(outcome, Reply) or (isinstance(outcome, ServiceError) and outcome.fault is Fault.USER_ERROR)
    engine.stop(5)


@pytest.mark.parametrize("fault", ["USER_ERROR", None, 7])
def test_a_service_error_whose_fault_is_none_of_ours_is_a_user_error(bench: Any, fault: object) -> None:
    def once(_: Request) -> Reply:
        raise ServiceError(fault, "made up")  # type: ignore[arg-type]

    engine, call = bench.engine(once=once), bench.Call()
    engine.call(bench.request(), call)
    assert call.error().fault is Fault.USER_ERROR


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_answer_in_a_batch_spoils_its_own_call_alone(bench: Any, kind: str) -> None:
    engine, calls = bench.engine(batch=lambda _: [ECHO, WRONG[kind](), ECHO]), [bench.Call() for _ in range(3)]
    engine.batch([bench.request() for _ in range(3)], calls)
    assert calls[1].error().fault is Fault.USER_ERROR
    assert [calls[0].outcome(), calls[2].outcome()] == [ECHO, ECHO]
