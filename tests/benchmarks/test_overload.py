"""What an overload must show is judged by the issue's numbers, one sentence for each that is not reached."""

from __future__ import annotations

import attrs

from benchmarks.overload import Found, Overload

PLAIN = Overload({4: 0.041}, 0.002, 390.0, 0, {4: 0.33}, 0.001)
MIXED = Overload({0: 0.2, 4: 0.2, 9: 0.041}, 0.009, 390.0, 0, {0: 0.01, 4: 0.2, 9: 1.0}, 0.001)
GOOD = Found("thread", 30.0, 0.011, 400.0, PLAIN, MIXED, 1.0)


def test_a_run_within_every_bound_breaks_nothing() -> None:
    assert GOOD.broken() == []


def test_each_promise_that_is_broken_is_named() -> None:
    for changes, words in (
        ({"growth": 9.0}, "grown"),
        ({"alone": 0.01}, "plain: p99 of accepted"),
        ({"plain": attrs.evolve(PLAIN, goodput=339.0)}, "plain: goodput"),
        ({"plain": attrs.evolve(PLAIN, refused=0.01)}, "plain: p99 of refused"),
        ({"mixed": attrs.evolve(MIXED, lost=1)}, "mixed: 1 calls"),
        ({"mixed": attrs.evolve(MIXED, shares={0: 0.3, 4: 0.2, 9: 1.0})}, "in that order"),
        ({"mixed": attrs.evolve(MIXED, shares={0: 0.0, 4: 0.2, 9: 0.98})}, "of the urgent"),
    ):
        assert any(words in text for text in attrs.evolve(GOOD, **changes).broken()), words  # type: ignore[arg-type]
