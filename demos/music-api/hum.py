"""Hums a tune of the catalogue: ``python demos/music-api/hum.py "Ode to Joy" humming.wav`` wrote the demo's recording.

Nobody's voice was recorded: overtones that fade, vibrato, a note that is slid into, a pitch that is a little off and
drifts, breath. Another key than the catalogue's.
"""

from __future__ import annotations

import json
import sys
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8000
NOTE, GAP = 0.36, 0.08  # seconds
TUNES = Path(__file__).parent / "tunes.json"


def hummed(title: str, up: float = -7.7, seed: int = 5) -> bytes:
    """A WAV file's samples, 8 kHz, mono, 16 bits.

    Args:
        title: As the catalogue has it.
        up: Semitones above the catalogue's key.
        seed: Of the voice's whims.
    """
    (notes,) = [each["notes"] for each in json.loads(TUNES.read_text(encoding="utf-8")) if each["title"] == title]
    rng = np.random.default_rng(seed)
    pieces = [np.zeros(RATE // 4)]
    for number, note in enumerate(notes):
        pieces += [sung(note + up + 0.02 * number + rng.normal(0, 0.08), rng), np.zeros(int(GAP * RATE))]
    sound = np.concatenate(pieces)
    sound += rng.normal(0, 0.004, len(sound))
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()


def sung(note: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """One note of a voice."""
    time = np.arange(int(NOTE * RATE)) / RATE
    slide = -0.8 * np.exp(-time / 0.02)
    vibrato = 0.2 * np.sin(2 * np.pi * 5.2 * time + rng.uniform(0, 6))
    frequency = 440 * 2 ** ((note + slide + vibrato - 69) / 12)
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    tone = sum(np.sin(k * phase) / k**1.7 for k in range(1, 6))
    swell = np.minimum(1, np.minimum(time / 0.03, (NOTE - time) / 0.05))
    return 0.3 * tone * swell


def main(title: str, path: str) -> None:
    """Write it."""
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(hummed(title))


if __name__ == "__main__":
    main(*sys.argv[1:])
