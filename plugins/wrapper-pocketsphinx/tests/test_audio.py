"""Bare samples and WAV files are told apart, and what is neither is refused with a sentence."""

from __future__ import annotations

import io
import struct
import wave

import pytest

from athena import Fault, Kind, Part, ServiceError
from athena_wrapper_pocketsphinx.audio import checked, samples_at

SAMPLES = bytes(range(64))


def wav(rate: int = 16000, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((channels, width, rate, 0, "NONE", ""))
        writer.writeframes(SAMPLES)
    return file.getvalue()


def test_bare_samples_are_taken_as_they_are() -> None:
    assert SAMPLES[samples_at(SAMPLES)] == SAMPLES
    assert samples_at(b"") == slice(0, 0)


def test_of_a_wav_file_the_inside_of_its_data_is_taken() -> None:
    file = wav()
    assert file[samples_at(file)] == SAMPLES
    trailed = file + b"LIST" + struct.pack("<I", 4) + b"abcd"
    assert trailed[samples_at(trailed)] == SAMPLES


def test_a_chunk_before_the_data_is_stepped_over_also_one_of_odd_length() -> None:
    file = wav()
    odd = file[:36] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + file[36:]
    assert odd[samples_at(odd)] == SAMPLES


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_header_written_before_the_length_was_known_means_to_the_end(size: int) -> None:
    file = wav()
    streamed = file[:40] + struct.pack("<I", size) + file[44:]
    assert streamed[samples_at(streamed)] == SAMPLES


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (wav(rate=44100), "1 channels at 44100 Hz with 16 bits"),
        (wav(channels=2), "2 channels at 16000 Hz"),
        (wav(width=1), "with 8 bits"),
        (wav()[:30], "format is cut off"),
        (wav()[:40], "header is cut off"),
        (wav()[:12] + wav()[36:], "data comes before its format"),
    ],
)
def test_other_wav_files_are_refused_with_what_they_are(file: bytes, sentence: str) -> None:
    with pytest.raises(ServiceError, match=sentence) as caught:
        samples_at(file)
    assert caught.value.fault is Fault.BAD_REQUEST


def test_what_a_part_says_of_itself_is_believed() -> None:
    checked(Part("audio", b"", Kind.AUDIO, attributes={"sample_rate": "16000", "channels": "1", "bit_depth": "16"}))
    with pytest.raises(ServiceError, match="sample_rate is 8000; send 16 kHz"):
        checked(Part("audio", b"", Kind.AUDIO, attributes={"sample_rate": "8000"}))
