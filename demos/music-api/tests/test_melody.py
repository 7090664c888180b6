"""The stand-in knows a tune by its humming, whoever hums it and however high."""

from __future__ import annotations

import io
import json
import wave

import numpy as np
import pytest

from .conftest import HERE, room

melody, hum = room("melody"), room("hum")
TITLES = [each["title"] for each in json.loads((HERE / "tunes.json").read_text(encoding="utf-8"))]


def recording(samples: bytes, rate: int = 8000, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((channels, 2, rate, 0, "NONE", ""))
        out.writeframes(samples)
    return file.getvalue()


@pytest.mark.parametrize(("title", "up", "seed"), [(title, number - 9, number) for number, title in enumerate(TITLES)])
def test_every_tune_of_the_catalogue_is_known_by_its_humming_in_any_key(title: str, up: float, seed: int) -> None:
    best, next_best = melody.recognised(recording(hum.hummed(title, float(up), seed)), "humming", 2)
    assert best["title"] == title
    assert best["score"] - next_best["score"] > 0.2


def test_music_is_looked_for_in_its_own_key(humming: bytes) -> None:
    (there,) = melody.recognised(recording(hum.hummed("Ode to Joy", 0, 1)), "music", 1)
    assert (there["title"], there["score"]) == ("Ode to Joy", 1)
    assert melody.recognised(humming, "music", 1)[0]["score"] < 0.5


def test_the_committed_recording_is_what_hum_makes(humming: bytes) -> None:
    ours = np.frombuffer(hum.hummed("Ode to Joy"), "<i2").astype(int)
    theirs = np.frombuffer(humming[44:], "<i2").astype(int)
    assert np.abs(ours - theirs).max() <= 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"junk", "no WAV file"),
        (b"", "no WAV file"),
        (recording(bytes(32000)), "0 notes"),
        (recording(bytes(64), channels=2), "one channel of 16 bits"),
        (recording(b""), "0 notes"),
        (recording(np.random.default_rng(1).normal(0, 3000, 16000).astype("<i2").tobytes()), "0 notes"),
    ],
)
def test_where_nobody_hums_it_says_so(data: bytes, said: str) -> None:
    with pytest.raises(melody.NoMusic, match=said):
        melody.recognised(data, "humming", 3)
