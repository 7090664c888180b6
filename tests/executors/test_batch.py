"""The gatherer: what goes together, and when."""

from __future__ import annotations

from athena.executors.crowd import SHORTEST
from athena.models import BatchSettings

from .bench import Bench


def test_a_caller_alone_never_waits() -> None:
    bench = Bench()
    for number in range(50):
        bench.gatherer.add(number)
        assert bench.ran[-1] == (bench.now, [number])
        bench.pass_time(0.002)
        bench.end()
        bench.pass_time(0.0001)


def test_what_comes_while_the_lane_is_taken_goes_together_in_its_order() -> None:
    bench = Bench(max_size=4)
    for number in range(7):
        bench.gatherer.add(number)
    assert bench.ran == [(100.0, [0])]
    bench.end()
    assert bench.ran[1:] == [(100.0, [1, 2, 3, 4])]
    bench.end()
    bench.pass_time(0.01)
    assert bench.running == [[5, 6]]


def test_those_who_come_together_are_waited_for_and_nobody_longer() -> None:
    bench = Bench(max_size=32)
    bench.together(8)
    for number in range(8):
        assert bench.running == []
        bench.gatherer.add(number)
        bench.pass_time(0.0001)
    assert [batch for _, batch in bench.ran] == [list(range(8))]


def test_a_gap_closes_a_batch_whose_others_do_not_come() -> None:
    bench = Bench(max_size=32, max_wait_ms=50)
    bench.together(8)
    began = bench.now
    bench.gatherer.add(1)
    bench.gatherer.add(2)
    assert bench.running == []
    bench.pass_time(0.049)
    assert bench.running == [[1, 2]]
    assert bench.ran[0][0] - began < 5 * SHORTEST


def test_the_longest_wait_closes_a_batch_to_which_more_come_slowly() -> None:
    bench = Bench(max_size=1000, max_wait_ms=5)
    bench.together(500)
    began = bench.now
    for number in range(100):
        bench.gatherer.add(number)
        bench.pass_time(0.0005)
        if bench.ran:
            break
    assert 0.0049 < bench.ran[0][0] - began < 0.0056
    assert bench.ran[0][1] == list(range(number + 1))


def test_a_full_batch_goes_at_once() -> None:
    bench = Bench(max_size=3)
    bench.together(9)
    bench.gatherer.add(1)
    bench.gatherer.add(2)
    assert bench.running == []
    bench.gatherer.add(3)
    assert bench.ran == [(bench.now, [1, 2, 3])]


def test_the_wait_begins_when_a_lane_is_free_and_not_when_the_first_came() -> None:
    bench = Bench(max_size=32, max_wait_ms=5)
    bench.together(8)
    for number in range(8):
        bench.gatherer.add(number)
    bench.gatherer.add(100)
    bench.pass_time(0.02)
    bench.end()
    assert bench.running == []
    bench.gatherer.add(101)
    bench.pass_time(0.005)
    assert bench.running == [[100, 101]]


def test_no_wait_at_all_where_none_is_allowed() -> None:
    bench = Bench(max_size=32, max_wait_ms=0)
    bench.together(8)
    bench.gatherer.add(1)
    assert bench.running == [[1]]


def test_items_are_counted_and_one_that_is_too_large_goes_alone() -> None:
    bench = Bench(max_size=8)
    bench.gatherer.add(0)
    for number, weight in ((1, 5), (2, 3), (3, 1), (4, 50), (5, 2)):
        bench.gatherer.add(number, weight)
    for _ in range(5):
        bench.pass_time(0.01)
        if bench.running:
            bench.end()
    assert [batch for _, batch in bench.ran] == [[0], [1, 2], [3], [4], [5]]
    assert bench.sizes == [1, 8, 1, 50, 2]


def test_the_dead_are_dropped_when_a_batch_is_taken_and_leave_their_place_to_others() -> None:
    bench = Bench(max_size=2)
    for number in range(5):
        bench.gatherer.add(number)
    bench.dead = {1, 3}
    bench.end()
    assert bench.running == [[2, 4]]
    assert bench.dropped == [1, 3]


def test_a_batch_whose_items_are_all_dead_is_none() -> None:
    bench = Bench()
    bench.gatherer.add(0)
    bench.gatherer.add(1)
    bench.dead = {1}
    bench.end()
    assert bench.running == []
    bench.gatherer.add(2)
    assert bench.running == [[2]]


def test_a_discarded_item_is_forgotten_and_what_runs_is_not_discarded() -> None:
    bench = Bench()
    one, other, third = 1000, 2000, 3000
    for number in (one, other, third):
        bench.gatherer.add(number)
    assert bench.gatherer.discard(other)
    assert not bench.gatherer.discard(one)
    bench.end()
    bench.pass_time(0.01)
    assert bench.running == [[third]]


def test_the_wait_for_a_discarded_item_is_over() -> None:
    bench = Bench(max_size=32)
    bench.together(8)
    bench.gatherer.add(5)
    assert bench.gatherer.discard(5)
    bench.pass_time(0.004)
    began = bench.now
    bench.gatherer.add(6)
    assert bench.running == []
    bench.pass_time(0.004)
    assert bench.ran[0][0] >= began + SHORTEST


def test_what_was_not_run_is_next() -> None:
    bench = Bench(max_size=2)
    for number in range(4):
        bench.gatherer.add(number)
    for number in (11, 10):
        bench.gatherer.add(number, ahead=True)
    bench.end()
    assert bench.running == [[10, 11]]


def test_new_limits_hold_for_what_waits() -> None:
    bench = Bench(max_size=32, max_wait_ms=1000)
    bench.together(8)
    bench.gatherer.add(1)
    bench.gatherer.add(2)
    assert bench.running == []
    bench.gatherer.settle(BatchSettings(2, 1000))
    assert bench.running == [[1, 2]]


def test_a_lane_that_was_taken_meanwhile_is_waited_for() -> None:
    bench = Bench(max_size=32)
    bench.together(8)
    bench.gatherer.add(1)
    bench.lanes = 0
    bench.pass_time(0.1)
    assert bench.running == []
    bench.lanes = 1
    bench.gatherer.look()
    bench.pass_time(0.1)
    assert bench.running == [[1]]


def test_clearing_gives_everything_back_and_ends_the_wait() -> None:
    bench = Bench(max_size=32)
    bench.together(8)
    bench.gatherer.add(1)
    assert bench.gatherer.clear() == [1]
    bench.pass_time(1)
    assert bench.ran == []
