"""The table of phases and moves, the order of writes, and when a session's input has ended."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.errors import Fault, ServiceError
from athena.models import END_MARK, LAST, Part, Stage
from athena.session import MOVES, Move, Phase, Sequence, Streams, step

LEGAL = {
    (Phase.NEW, Move.CREATE): Phase.OPEN,
    (Phase.NEW, Move.CLOSE): Phase.CLOSED,
    (Phase.OPEN, Move.WRITE): Phase.OPEN,
    (Phase.OPEN, Move.WRITE_END): Phase.HALF_CLOSED,
    (Phase.OPEN, Move.READ): Phase.OPEN,
    (Phase.OPEN, Move.READ_END): Phase.DONE,
    (Phase.OPEN, Move.CLOSE): Phase.CLOSED,
    (Phase.HALF_CLOSED, Move.READ): Phase.HALF_CLOSED,
    (Phase.HALF_CLOSED, Move.READ_END): Phase.DONE,
    (Phase.HALF_CLOSED, Move.CLOSE): Phase.CLOSED,
    (Phase.DONE, Move.CLOSE): Phase.CLOSED,
    (Phase.CLOSED, Move.CLOSE): Phase.CLOSED,
}
"""Written here once more, by hand: a changed table must be changed twice."""
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


@pytest.mark.parametrize(("phase", "move"), list(itertools.product(Phase, Move)))
def test_every_move_in_every_phase_is_as_the_table_says(phase: Phase, move: Move) -> None:
    before = {key: dict(moves) for key, moves in MOVES.items()}
    if (phase, move) in LEGAL:
        assert step(phase, move) is LEGAL[phase, move]
    else:
        with pytest.raises(ServiceError) as caught:
            step(phase, move)
        assert caught.value.fault is Fault.SESSION_CLOSED
        assert move.value in caught.value.message
    assert before == MOVES


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


@given(st.lists(st.sampled_from(Move)))
def test_input_never_comes_after_its_end_and_output_never_after_its_own(moves: list[Move]) -> None:
    phase, taken = Phase.NEW, []
    for move in moves:
        try:
            phase = step(phase, move)
        except ServiceError:
            continue
        taken.append(move)
    for end, later in ((Move.WRITE_END, {Move.WRITE, Move.WRITE_END}), (Move.READ_END, set(Move) - {Move.CLOSE})):
        if end in taken:
            assert not later & set(taken[taken.index(end) + 1 :])


@given(st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Stage)), max_size=4), max_size=12))
def test_the_input_has_ended_when_something_ended_and_no_stream_is_open(
    writes: list[list[tuple[str, Stage]]],
) -> None:
    streams = Streams()
    state: dict[str, bool] = {}
    for write in writes:
        ended = streams.take(Part(key, stage=stage) for key, stage in write)
        state.update({key: stage in LAST for key, stage in write})
        some_end = any(stage in LAST for _, stage in write)
        assert ended == (some_end and all(state.values()))


def test_the_end_mark_ends_the_input_though_streams_are_open() -> None:
    streams = Streams()
    assert not streams.take([Part("a", stage=Stage.BEGIN), Part("b", stage=Stage.BEGIN)])
    assert not streams.take([Part("a", stage=Stage.END)])
    assert streams.take([END_MARK])
    assert not Streams().take([])


def counted(seq: int | None) -> list[Part]:
    return [Part("note"), Part("data", seq=seq)]


@given(st.integers(0, 1_000_000), st.lists(st.integers(-5, 40), max_size=60))
def test_writes_are_taken_in_order_duplicates_are_not_run_and_gaps_are_refused(start: int, offsets: list[int]) -> None:
    sequence = Sequence()
    assert sequence.take(counted(start))
    expected = start + 1
    for offset in offsets:
        seq = start + offset
        if seq > expected or seq < start:
            with pytest.raises(ServiceError, match=f"send {expected} next") as caught:
                sequence.take(counted(seq))
            assert caught.value.fault is Fault.OUT_OF_ORDER
        else:
            assert sequence.took(counted(seq)) is (seq < expected)
            assert sequence.take(counted(seq)) is (seq == expected)
            expected += seq == expected
    assert sequence.take(counted(expected)), "a refusal has moved the count"


def test_writes_that_do_not_count_pass_between_those_that_do() -> None:
    sequence = Sequence()
    assert all([sequence.take(counted(None)), sequence.take(counted(0)), sequence.take(counted(None))])
    assert sequence.take(counted(1))


def test_a_write_that_was_not_accepted_may_be_sent_again() -> None:
    sequence = Sequence()
    for seq in (5, 6):
        assert sequence.take(counted(seq))
        sequence.untake(counted(seq))
        assert sequence.take(counted(seq))
    sequence.untake(counted(None))
    assert sequence.take(counted(7))


def test_what_would_have_come_before_the_first_write_is_refused_and_not_acknowledged_as_if_it_had_run() -> None:
    sequence = Sequence()
    assert not sequence.took(counted(1))
    assert sequence.take(counted(1))
    with pytest.raises(ServiceError, match="send 2 next") as caught:
        sequence.take(counted(0))
    assert caught.value.fault is Fault.OUT_OF_ORDER
    assert not sequence.took(counted(0))
    assert not sequence.take(counted(1))
