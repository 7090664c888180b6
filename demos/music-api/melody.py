"""What the stand-in does for its living: the notes in a recording, and the tunes that have such notes."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TUNES = Path(__file__).parent / "tunes.json"
LOWEST, HIGHEST = 70.0, 1000.0  # Hz of a voice that hums
FRAME, HOP = 0.05, 0.01  # seconds
LOUD, TONAL = 0.02, 0.7  # below the one it is silence, below the other it is noise
SHORTEST = 8  # frames of a note
SAME = 0.6  # semitones by which a note may waver

Floats = NDArray[np.float64]


class NoMusic(Exception):
    """It is no WAV file, or nobody hums in it; a sentence."""


def recognised(data: bytes, mode: str, limit: int) -> list[dict[str, object]]:
    """The tunes that are likest to a recording, the likest first.

    Args:
        data: A WAV file of 16-bit samples, mono.
        mode: ``humming``, in any key; ``music``, in the key of the catalogue.
        limit: So many tunes.

    Raises:
        NoMusic: There is nothing to look for.
    """
    notes = notes_of(*samples_of(data))
    if len(notes) < 4:
        raise NoMusic(f"{len(notes)} notes are too few to know a tune by")
    found = []
    for tune in json.loads(TUNES.read_text(encoding="utf-8")):
        score = likeness(notes, tune["notes"], mode)
        found.append({"title": tune["title"], "composer": tune["composer"], "score": round(score, 3)})
    return sorted(found, key=lambda each: -float(each["score"]))[:limit]


def samples_of(data: bytes) -> tuple[Floats, int]:
    """The samples of a WAV file, and its rate."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                raise NoMusic("expected one channel of 16 bits")
            raw, rate = file.readframes(file.getnframes()), file.getframerate()
    except (wave.Error, EOFError) as error:
        raise NoMusic(f"no WAV file: {error}") from error
    return np.frombuffer(raw[: len(raw) // 2 * 2], "<i2") / 32768, rate


def notes_of(sound: Floats, rate: int) -> list[float]:
    """The notes that are held, as MIDI numbers with a fraction."""
    pitches, size, hop = [], int(FRAME * rate), int(HOP * rate)
    for at in range(0, len(sound) - size, hop):
        pitches.append(pitch_of(sound[at : at + size], rate))
    notes: list[list[float]] = [[]]
    for pitch in pitches:
        held = notes[-1]
        if pitch is None or (held and abs(pitch - float(np.median(held))) > SAME):
            notes.append([])
        if pitch is not None:
            notes[-1].append(pitch)
    return [float(np.median(note)) for note in notes if len(note) >= SHORTEST]


def pitch_of(frame: Floats, rate: int) -> float | None:
    """The pitch of a moment, by autocorrelation; None for silence and noise."""
    if np.sqrt((frame**2).mean()) < LOUD:
        return None
    frame = frame - frame.mean()
    spectrum = np.fft.rfft(frame, 2 * len(frame))
    found = np.fft.irfft(np.abs(spectrum) ** 2)[: len(frame)]
    found = found / found[0] * len(frame) / np.arange(len(frame), 0, -1)  # a longer lag has fewer samples in it
    first, last = int(rate / HIGHEST), min(int(rate / LOWEST), len(frame) // 2)
    peaks = [lag for lag in range(max(first, 1), last) if found[lag - 1] < found[lag] >= found[lag + 1]]
    best = max((found[lag] for lag in peaks), default=0.0)
    if best < TONAL:
        return None
    lag = next(lag for lag in peaks if found[lag] >= 0.9 * best)  # the first: twice the lag is as good, an octave down
    left, top, right = found[lag - 1 : lag + 2]
    exact = lag + 0.5 * (left - right) / (left - 2 * top + right)
    return float(69 + 12 * np.log2(rate / exact / 440))


def likeness(notes: Sequence[float], tune: Sequence[int], mode: str) -> float:
    """1 for the very tune, 0 for nothing in common."""
    if mode == "music":
        ours, theirs = [round(note) for note in notes], list(tune)
    else:
        ours = [round(b - a) for a, b in pairwise(notes)]
        theirs = [round(b - a) for a, b in pairwise(tune)]
    return 1 - distance(ours, theirs) / max(len(ours), len(theirs))


def distance(ours: Sequence[int], theirs: Sequence[int]) -> float:
    """How many notes are to be changed, put in or left out; a semitone beside is half a change."""
    row = [float(n) for n in range(len(theirs) + 1)]
    for number, one in enumerate(ours, 1):
        above, row = row, [float(number)]
        for at, other in enumerate(theirs, 1):
            change = min(abs(one - other) / 2, 1.0)
            row.append(min(above[at] + 1, row[at - 1] + 1, above[at - 1] + change))
    return row[-1]
