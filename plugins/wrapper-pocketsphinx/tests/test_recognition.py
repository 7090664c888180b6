"""Decoders are lent to one utterance after another, and each is as if it were the first."""

from __future__ import annotations

import pytest

from athena import ServiceError
from athena_wrapper_pocketsphinx.recognition import Decoders

from .conftest import GRAMMAR, SAID

OWN = GRAMMAR.replace("green", "yellow")


@pytest.fixture(scope="module")
def decoders() -> Decoders:
    return Decoders(GRAMMAR, keep=1)


def said(decoders: Decoders, data: bytes, step: int = 3200, grammar: str = "") -> dict[str, object]:
    utterance = decoders.begin(grammar)
    try:
        for at in range(0, len(data), step):
            utterance.hear(data[at : at + step])
        return utterance.end()
    finally:
        decoders.back(utterance)


def test_pieces_of_any_length_give_the_same_text_and_times(decoders: Decoders, recording: bytes) -> None:
    data = recording[44:]
    first = said(decoders, data)
    assert first["text"] == SAID
    assert all(said(decoders, data, step) == first for step in (321, 5000, len(data)))


def test_the_words_follow_one_another_in_time(decoders: Decoders, recording: bytes) -> None:
    found = said(decoders, recording[44:])["words"]
    assert isinstance(found, list)
    assert [each["word"] for each in found] == SAID.split()
    times = [time for each in found for time in (each["begin"], each["end"])]
    assert times == sorted(times)
    assert 1.5 < times[-1] < 3.0


def test_a_grammar_of_ones_own_is_gone_with_the_utterance(decoders: Decoders, recording: bytes) -> None:
    data = recording[44:]
    text = str(said(decoders, data, grammar=OWN)["text"])
    assert text.startswith("please open the ")
    assert "green" not in text  # it was said, and cannot be heard
    assert said(decoders, data)["text"] == SAID


def test_a_grammar_that_cannot_be_used_costs_no_decoder(decoders: Decoders, recording: bytes) -> None:
    with pytest.raises(ServiceError, match="not in the dictionary"):
        decoders.begin(OWN.replace("yellow", "yell0w"))
    assert said(decoders, recording[44:])["text"] == SAID


def test_utterances_at_the_same_time_have_decoders_of_their_own(decoders: Decoders, recording: bytes) -> None:
    data = recording[44:]
    one, other = decoders.begin(), decoders.begin()
    one.hear(data[:20_000])
    other.hear(data)
    decoders.back(one)  # broken off
    decoders.back(one)  # twice is once
    assert other.end()["text"] == SAID
    decoders.back(other)
    assert said(decoders, data)["text"] == SAID


def test_half_a_sample_at_the_end_is_refused_and_the_decoder_is_used_again(
    decoders: Decoders, recording: bytes
) -> None:
    with pytest.raises(ServiceError, match="ended after 3 bytes, within a sample"):
        said(decoders, b"123")
    assert said(decoders, recording[44:])["text"] == SAID


def test_silence_says_nothing(decoders: Decoders) -> None:
    assert said(decoders, bytes(32_000)) == {"text": "", "final": True, "words": []}
