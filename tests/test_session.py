"""Phases and moves: one table, and nothing changes on an illegal move."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.errors import Fault, ServiceError
from athena.models import Part, Stage
from athena.session import END_MARK, MOVES, Move, Phase, Sequence, Streams, step

LIFE = [
    (Move.CREATE, Phase.OPEN),
    (Move.WRITE, Phase.OPEN),
    (Move.READ, Phase.OPEN),
    (Move.WRITE_END, Phase.HALF_CLOSED),
    (Move.READ, Phase.HALF_CLOSED),
    (Move.READ_END, Phase.DONE),
    (Move.CLOSE, Phase.CLOSED),
]


def test_a_whole_life_goes_through_every_phase() -> None:
    phase = Phase.NEW
    for move, after in LIFE:
        phase = step(phase, move)
        assert phase is after


def test_every_phase_has_a_row_and_every_phase_may_be_closed() -> None:
    assert set(MOVES) == set(Phase)
    assert {step(phase, Move.CLOSE) for phase in Phase} == {Phase.CLOSED}


@pytest.mark.parametrize("phase", [Phase.HALF_CLOSED, Phase.DONE, Phase.CLOSED])
def test_a_write_after_the_end_is_refused_with_a_sentence(phase: Phase) -> None:
    for move in (Move.WRITE, Move.WRITE_END):
        with pytest.raises(ServiceError, match="session") as caught:
            step(phase, move)
        assert caught.value.fault is Fault.SESSION_CLOSED


def test_the_wrapper_may_end_first() -> None:
    assert step(Phase.OPEN, Move.READ_END) is Phase.DONE


@given(st.lists(st.sampled_from(list(Move)), max_size=30))
def test_no_order_of_moves_leads_out_of_closed_or_back_into_open(moves: list[Move]) -> None:
    order = list(Phase)
    phase = Phase.NEW
    for move in moves:
        try:
            after = step(phase, move)
        except ServiceError:
            after = phase
        assert order.index(after) >= order.index(phase)
        phase = after


def test_input_ends_when_the_last_open_stream_does() -> None:
    streams = Streams()
    assert not streams.take([Part("a", stage=Stage.BEGIN), Part("b", stage=Stage.BEGIN)])
    assert not streams.take([Part("a", stage=Stage.END)])
    assert not streams.take([Part("b", stage=Stage.CONTINUE)])
    assert streams.take([Part("b", stage=Stage.END)])


def test_the_end_mark_ends_everything_at_once() -> None:
    streams = Streams()
    assert not streams.take([Part("a", stage=Stage.BEGIN)])
    assert streams.take([END_MARK])
    assert not Streams().take([])


def test_writes_are_taken_in_order_a_duplicate_is_not_run_and_a_gap_is_refused() -> None:
    order = Sequence()
    assert order.take([Part("a", seq=1)])
    assert order.take([Part("a", seq=2)])
    assert not order.take([Part("a", seq=2)])
    assert not order.take([Part("a", seq=1)])
    with pytest.raises(ServiceError, match="write 4 came where 3 was expected") as caught:
        order.take([Part("a", seq=4)])
    assert caught.value.fault is Fault.OUT_OF_ORDER
    assert order.take([Part("a", seq=3)])


def test_who_does_not_count_is_taken_as_it_comes() -> None:
    order = Sequence()
    assert all(order.take([Part("a")]) for _ in range(3))


def test_a_write_that_was_not_accepted_may_be_sent_again() -> None:
    sequence = Sequence()
    for seq in (5, 6):
        assert sequence.take(counted(seq))
        sequence.untake(counted(seq))
        assert sequence.take(counted(seq))
    sequence.untake(counted(None))
    assert sequence.take(counted(7))
