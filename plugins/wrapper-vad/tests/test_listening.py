"""A stream in pieces of any length finds what the whole file says, and files side by side what each says alone."""

from __future__ import annotations

import random

import pytest

from athena import ServiceError
from athena_wrapper_vad.listening import Found, Model, Stream, shipped, together
from athena_wrapper_vad.turns import Turns


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(shipped())


def fresh() -> Found:
    return Found(Turns(0.5, 0.1))


def alone(model: Model, data: bytes) -> dict[str, object]:
    found = fresh()
    together(model, [data], [found])
    return found.take()


@pytest.mark.parametrize("seed", range(3))
def test_pieces_of_any_length_also_within_a_sample_find_what_the_whole_says(
    model: Model, recording: bytes, seed: int
) -> None:
    data = recording[44:100_044]
    found, rng, at = fresh(), random.Random(seed), 0
    stream = Stream(model, found)
    while at < len(data):
        size = rng.choice([1, 3, 320, 3200, 5001])
        stream.hear(data[at : at + size])
        at += size
    stream.end()
    assert found.take() == alone(model, data)


def test_files_of_any_lengths_side_by_side_find_what_each_says_alone(model: Model, recording: bytes) -> None:
    data = recording[44:]
    files = [data[:2], data[:60_000], data[40_000:], data[:1024], data[90_000:90_500]]
    found = [fresh() for _ in files]
    together(model, files, found)
    for file, each in zip(files, found, strict=True):
        expected = alone(model, file)
        taken = each.take()
        assert taken["events"] == expected["events"]
        assert len(each_frames(taken)) == -(-len(file) // 1024)
        assert each_frames(taken) == pytest.approx(each_frames(expected), abs=0.002)


def each_frames(taken: dict[str, object]) -> list[float]:
    frames = taken["frames"]
    assert isinstance(frames, list)
    return [frame["probability"] for frame in frames]


def test_nothing_is_heard_for_callers_who_have_gone(model: Model, recording: bytes) -> None:
    found = fresh()
    together(model, [recording[44:]], [found], lambda: True)
    assert found.take() == {"frames": [], "events": []}


def test_no_files_are_no_work(model: Model) -> None:
    together(model, [], [])


def test_half_a_sample_at_the_end_is_refused(model: Model) -> None:
    stream = Stream(model, fresh())
    stream.hear(b"123")
    with pytest.raises(ServiceError, match="ended after 3 bytes, within a sample"):
        stream.end()
