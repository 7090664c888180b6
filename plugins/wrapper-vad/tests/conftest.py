"""Speech to detect: synthesised afresh where espeak-ng is installed, and a recording that is committed."""

from __future__ import annotations

import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from athena.models import WrapperContext
from athena_wrapper_vad.wrapper import VoiceActivity

RECORDING = Path(__file__).parents[3] / "demos" / "vad" / "speech.wav"
TOLD = (1.0, 2.329, 3.529, 4.859)  # where the recording's two sentences begin and end

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


def spoken(text: str, folder: Path, *options: str) -> NDArray[np.float32]:
    """A sentence at 16 kHz, without the silence around it."""
    path = folder / "spoken.wav"
    subprocess.run(["espeak-ng", "-w", str(path), *options, text], check=True, timeout=30)
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    length = int(len(sound) * 16000 / rate)
    sound = np.interp(np.arange(length) * rate / 16000, np.arange(len(sound)), sound).astype(np.float32)
    loud = np.flatnonzero(np.abs(sound) > 0.01)
    return sound[loud[0] : loud[-1] + 1]


def mixed(
    sentences: list[NDArray[np.float32]], gaps: list[float], seed: int, noise: float = 0.003
) -> tuple[bytes, list[float]]:
    """Sentences in noise, a gap before each: the samples, and each true start and end in seconds."""
    times, pieces, at = [], [], 0
    for sentence, gap in zip(sentences, gaps, strict=True):
        pieces += [np.zeros(int(gap * 16000), np.float32), sentence]
        at += len(pieces[-2])
        times += [at / 16000, (at + len(sentence)) / 16000]
        at += len(sentence)
    sound = np.concatenate([*pieces, np.zeros(16000, np.float32)])
    sound += np.random.default_rng(seed).normal(0, noise, len(sound)).astype(np.float32)
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes(), times


@pytest.fixture(scope="session")
def recording() -> bytes:
    """The recording, a WAV file."""
    return RECORDING.read_bytes()


@pytest.fixture(scope="session")
def vad() -> VoiceActivity:
    """The wrapper, initialised."""
    wrapper = VoiceActivity(VoiceActivity.Section())
    wrapper.athena_init(WrapperContext("vad"))
    return wrapper
