"""What a caller sends as audio, checked: 16 kHz mono 16-bit samples, bare or with the header of a WAV file."""

from __future__ import annotations

import struct

from athena import Fault, Part, ServiceError

__all__ = ["RATE", "SAMPLE", "checked", "samples_at"]

RATE = 16_000
SAMPLE = 2  # bytes
PCM, EXTENSIBLE = 1, 0xFFFE
EXPECTED = {"sample_rate": str(RATE), "channels": "1", "bit_depth": "16"}


def checked(part: Part) -> None:
    """Refuse what the part itself says is something else.

    Raises:
        ServiceError: BAD_REQUEST, for another rate, depth or number of channels.
    """
    for name, expected in EXPECTED.items():
        said = part.attributes.get(name, expected)
        if said != expected:
            raise wrong(f"{name} is {said}; send 16 kHz mono 16-bit samples, which is {name}={expected}")


def samples_at(data: bytes) -> slice:
    """Where the samples lie: all of it, or for a WAV file the inside of its ``data`` chunk.

    A header that was written before the length was known (0 or the largest number) means: to the end.

    Raises:
        ServiceError: BAD_REQUEST, for a WAV file of another format, or whose header is cut off.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return slice(0, len(data))
    at, told = 12, False
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"data":
            if not told:
                raise wrong("this WAV file's data comes before its format")
            end = at + size if 0 < size < len(data) - at else len(data)
            return slice(at, end)
        if name == b"fmt ":
            recorded(data[at : at + size])
            told = True
        at += size + size % 2  # chunks begin at even places
    raise wrong("a WAV file whose header is cut off; in a session the first write has to hold all of it")


def recorded(form: bytes) -> None:
    """Refuse a WAV format that is not ours."""
    if len(form) < 16:
        raise wrong("a WAV file whose format is cut off")
    code, channels, rate, _, _, depth = struct.unpack_from("<HHIIHH", form)
    if (code if code != EXTENSIBLE else PCM, channels, rate, depth) != (PCM, 1, RATE, 8 * SAMPLE):
        raise wrong(
            f"this WAV file has {channels} channels at {rate} Hz with {depth} bits (format {code}); "
            "send 1 channel at 16000 Hz with 16 bits (format 1)"
        )


def wrong(what: str) -> ServiceError:
    """The caller's fault."""
    return ServiceError(Fault.BAD_REQUEST, f"payload.audio: {what}")
