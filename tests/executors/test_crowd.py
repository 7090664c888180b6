"""Who comes together is learned from what arrives, whether it was waited for or not; not from what answers cause."""

from __future__ import annotations

from athena.executors.crowd import SHORTEST, SILENCES, Crowd


def batches(crowd: Crowd, *, together: int, apart: float = 0.0001, times: int = 20) -> None:
    """So many come together, and only the first of them goes at once: nobody waits."""
    now = crowd.last + 1.0
    for _ in range(times):
        crowd.came(now, awaited=False)
        batch = object()
        crowd.watch(batch, 1, now + 0.005, fresh=True)
        for number in range(1, together):
            crowd.came(now + number * apart, awaited=False)
        crowd.over(batch)
        now += 1.0


def test_at_first_everybody_is_alone() -> None:
    assert Crowd().complete(1)


def test_callers_who_come_together_are_found_without_a_wait() -> None:
    crowd = Crowd()
    batches(crowd, together=4)
    assert not crowd.complete(3)
    assert crowd.complete(4)


def test_callers_who_have_gone_are_forgotten() -> None:
    crowd = Crowd()
    batches(crowd, together=32)
    assert not crowd.complete(1)
    batches(crowd, together=1)
    assert crowd.complete(1)


def test_what_comes_after_an_answer_may_be_its_doing_and_does_not_count() -> None:
    crowd = Crowd()
    for number in range(20):
        now = 10.0 + number * 0.001
        crowd.came(now, awaited=False)
        batch = object()
        crowd.watch(batch, 1, now + 0.005, fresh=True)
        crowd.over(batch)  # and 1 ms after it was asked, the caller asks again
    assert crowd.complete(1)


def test_what_comes_after_the_longest_wait_would_have_been_missed_and_does_not_count() -> None:
    crowd = Crowd()
    batches(crowd, together=3, apart=0.004)
    assert crowd.complete(2)
    assert not crowd.complete(1)


def test_the_gap_is_a_few_times_what_arrivals_lie_apart() -> None:
    crowd = Crowd()
    assert crowd.gap == SHORTEST
    batches(crowd, together=4, apart=0.001)
    assert SILENCES * 0.0009 < crowd.gap < SILENCES * 0.0011


def test_the_end_of_an_older_batch_ends_nothing() -> None:
    crowd = Crowd()
    older, newer = object(), object()
    crowd.watch(older, 1, 1.0, fresh=True)
    crowd.watch(newer, 1, 1.0, fresh=True)
    crowd.over(older)
    for number in range(9):
        crowd.came(0.1 + number / 100, awaited=False)
    crowd.over(newer)
    assert not crowd.complete(3)


def test_the_rest_of_those_who_came_together_does_not_make_them_fewer() -> None:
    crowd = Crowd()
    batches(crowd, together=8)
    for _ in range(20):
        rest = object()
        crowd.watch(rest, 2, crowd.last + 1, fresh=False)
        crowd.over(rest)
    assert not crowd.complete(7)
