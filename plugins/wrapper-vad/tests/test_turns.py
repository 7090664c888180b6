"""When speech starts and ends, asked with made-up probabilities, ten frames to the second."""

from __future__ import annotations

from athena_wrapper_vad.turns import Turns


def events(probabilities: list[float], silence: float = 0.2) -> list[tuple[str, float]]:
    turns = Turns(0.5, silence)
    found = [turns.hear(n / 10, (n + 1) / 10, each) for n, each in enumerate(probabilities)]
    found.append(turns.close(len(probabilities) / 10))
    return [(str(event["event"]), float(str(event["time"]))) for event in found if event]


def test_speech_starts_with_the_first_frame_at_the_threshold_and_ends_where_it_fell() -> None:
    assert events([0, 0.4, 0.5, 0.9, 0.1, 0.1, 0.1]) == [("start", 0.2), ("end", 0.4)]


def test_a_silence_that_is_too_short_is_no_end() -> None:
    assert events([0.9, 0.1, 0.9, 0.1, 0.1]) == [("start", 0.0), ("end", 0.3)]


def test_a_voice_on_the_edge_does_not_flicker() -> None:
    assert events([0.9, 0.4, 0.4, 0.4, 0.9]) == [("start", 0.0), ("end", 0.5)]


def test_between_release_and_threshold_a_silence_goes_on() -> None:
    assert events([0.9, 0.1, 0.4, 0.1]) == [("start", 0.0), ("end", 0.1)]


def test_who_still_speaks_when_the_audio_is_over_has_ended_with_it() -> None:
    assert events([0.9, 0.9]) == [("start", 0.0), ("end", 0.2)]
    assert events([0.9, 0.1]) == [("start", 0.0), ("end", 0.1)]
    assert events([0.1, 0.1]) == []


def test_with_no_silence_wanted_every_fall_is_an_end() -> None:
    assert events([0.9, 0.1, 0.9, 0.1], silence=0) == [("start", 0.0), ("end", 0.1), ("start", 0.2), ("end", 0.3)]
