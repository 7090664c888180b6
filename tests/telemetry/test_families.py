"""A figure is a plain number: what is put in is what is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from athena.telemetry.families import Asked, Counter, Histogram

NAMES = st.sampled_from(["a", "b"])


def values(lines: list[str]) -> dict[str, float]:
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@given(st.lists(st.tuples(NAMES, NAMES)))
def test_a_counter_shows_how_often_each_was_counted(events: list[tuple[str, str]]) -> None:
    counts = Counter(("service", "reason"))
    for event in events:
        counts[event] += 1
    assert values(list(counts.lines("x"))) == {
        f'x{{service="{service}",reason="{reason}"}}': events.count((service, reason))
        for service, reason in set(events)
    }


def test_looking_at_a_count_makes_none() -> None:
    counts = Counter(("service",))
    assert counts["nobody",] == 0
    assert list(counts.lines("x")) == []


@given(st.lists(st.integers(0, 20)))
def test_a_histogram_has_the_bounds_it_was_given(amounts: list[int]) -> None:
    sizes = Histogram(("service",), (1, 8))
    for amount in amounts:
        sizes.observe(("a",), amount)
    shown = values(list(sizes.lines("x")))
    if not amounts:
        assert shown == {}
        return
    assert shown == {
        'x_bucket{service="a",le="1"}': sum(amount <= 1 for amount in amounts),
        'x_bucket{service="a",le="8"}': sum(amount <= 8 for amount in amounts),
        'x_bucket{service="a",le="+Inf"}': len(amounts),
        'x_count{service="a"}': len(amounts),
        'x_sum{service="a"}': sum(amounts),
    }


def test_everybody_who_was_named_for_a_gauge_is_asked() -> None:
    gauge = Asked(("service",))
    gauge.asks.append(lambda: [(("a",), 1)])
    gauge.asks.append(lambda: [(("b",), 2)])
    assert values(list(gauge.lines("x"))) == {'x{service="a"}': 1, 'x{service="b"}': 2}


def test_a_counter_shows_what_others_count_for_themselves() -> None:
    counts = Counter(("service",))
    counts["a",] += 1
    counts.asks.append(lambda: [(("b",), 5)])
    assert values(list(counts.lines("x"))) == {'x{service="a"}': 1, 'x{service="b"}': 5}
