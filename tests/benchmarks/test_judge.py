"""The arithmetic of the benchmarks."""

from __future__ import annotations

import pytest
from attrs import evolve

from benchmarks.judge import Floor, Pair, Side, Spread, judged_by, keep

CALM = Side(rate=100.0, cpu=0.004, server=1.0, client=0.5, others=0.02, p50=0.002)


def test_each_ratio_says_how_athena_stands_beside_the_bare_line() -> None:
    pair = Pair(CALM, evolve(CALM, rate=200.0, cpu=0.001, p50=0.001))
    assert pair.ratio("throughput") == 0.5
    assert pair.ratio("cpu") == 0.25
    assert pair.ratio("p50") == 2.0


def test_a_ratio_that_nobody_measured_is_refused() -> None:
    with pytest.raises(ValueError, match="do not say p50"):
        Pair(evolve(CALM, p50=None), CALM).ratio("p50")


def test_a_health_check_is_judged_by_athenas_own_milliseconds() -> None:
    pair = Pair(evolve(CALM, health=0.001, worst_health=0.02), evolve(CALM, health=0.5))
    assert (pair.ratio("health"), pair.ratio("worst_health")) == (1.0, 20.0)
    with pytest.raises(ValueError, match="do not say health"):
        Pair(CALM, CALM).ratio("health")


def test_batching_is_judged_by_what_arithmetic_allows_too() -> None:
    assert Pair(evolve(CALM, rate=1403.5), CALM).ratio("optimum") == pytest.approx(0.5, abs=1e-4)


def test_throughput_is_judged_unless_the_client_was_the_bottleneck() -> None:
    free = Pair(CALM, CALM)
    held = Pair(CALM, evolve(CALM, server=0.5, client=0.95))
    assert judged_by([free, free, held]) == "throughput"
    assert judged_by([free, held, held]) == "cpu"


def test_a_client_at_its_limit_holds_nobody_back_whose_own_core_is_full() -> None:
    assert not evolve(CALM, server=0.97, client=0.97).held_back


def test_the_calm_pairs_count_in_the_order_they_were_measured() -> None:
    noisy, calm, calmer = (Pair(evolve(CALM, others=others), CALM) for others in (0.5, 0.09, 0.02))
    assert keep([noisy, calm, calmer], 2, 0.1) == ([calm, calmer], 0)


def test_the_least_noisy_pairs_fill_up_and_are_told() -> None:
    loud, calm, louder = (Pair(CALM, evolve(CALM, others=others)) for others in (0.5, 0.05, 0.9))
    assert keep([loud, calm, louder], 2, 0.1) == ([loud, calm], 1)


def test_no_more_pairs_count_than_are_wanted() -> None:
    pairs = [Pair(CALM, CALM) for _ in range(4)]
    assert keep(pairs, 2, 0.1) == (pairs[:2], 0)


def test_a_spread_is_the_median_and_what_it_lies_between() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)


@pytest.mark.parametrize(
    ("floor", "value", "verdict"),
    [
        (Floor(0.4, 0.65), 0.39, "missed"),
        (Floor(0.4, 0.65), 0.40, "first"),
        (Floor(0.4, 0.65), 0.65, "second"),
        (Floor(None, 0.65), 0.1, "missed"),
        (Floor(), 0.1, "recorded"),
        (Floor(2.5, 1.6, at_least=False), 2.6, "missed"),
        (Floor(2.5, 1.6, at_least=False), 2.5, "first"),
        (Floor(2.5, 1.6, at_least=False), 1.2, "second"),
    ],
)
def test_a_verdict_is_the_farthest_budget_that_is_reached(floor: Floor, value: float, verdict: str) -> None:
    assert floor.verdict(value) == verdict
