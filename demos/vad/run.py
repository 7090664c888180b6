"""Speech streamed in frames of 100 ms; the starts and ends come while it is spoken. Ends with 0 when all went well."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import athena
from athena import Kind, Part, Request, Stage
from athena.testing import served

HERE = Path(__file__).parent
SPEECH = HERE / "speech.wav"
FRAME = 3200  # bytes: 100 ms
NEAR = 0.1  # seconds that an event may be off, on a machine that rounds otherwise

Event = dict[str, Any]  # Any: a JSON object; its shape is the wrapper's output schema

serve = partial(served, HERE / "aiges.toml", "--set=log.level=warning", wires=("http", "grpc"))


class DemoFailed(Exception):
    """What went wrong, as a sentence."""


def main(words: Sequence[str] | None = None) -> int:
    """Serve, stream, compare."""
    parser = argparse.ArgumentParser(prog="run.py", description="Say when somebody speaks.")
    parser.add_argument("audio", nargs="?", type=Path, default=SPEECH, help="16 kHz, mono, 16 bits")
    audio = parser.parse_args(words).audio
    try:
        if not audio.is_file():
            raise DemoFailed(f"{audio}: no such file")
        with serve() as kernel:
            print(f"ready {kernel.endpoints[0]}")
            events = streamed(kernel.endpoints[0], audio.read_bytes())
        if audio == SPEECH:
            agree(events, json.loads((HERE / "expected.json").read_text(encoding="utf-8")))
            print("as expected")
    except (DemoFailed, athena.AthenaError) as error:
        print(f"the demo failed: {error}")
        return 1
    return 0


def streamed(endpoint: str, audio: bytes) -> list[Event]:
    """Write frame by frame; each frame of 100 ms is answered, for it fills three of the model's."""
    events: list[Event] = []
    with athena.Client(endpoint) as client, client.open("vad") as session:
        for at in range(0, len(audio), FRAME):
            stage = Stage.CONTINUE if at + FRAME < len(audio) else Stage.END
            session.write(Request("vad", parts=(Part("audio", audio[at : at + FRAME], Kind.AUDIO, stage),)))
            reply = session.read(30)
            for event in json.loads(reply.part("speech").text)["events"]:
                print(f"after {(at + FRAME) / 32000:5.1f} s of audio: {event['event']:<5} at {event['time']:.3f} s")
                events.append(event)
    return events


def agree(events: Sequence[Event], expected: Sequence[Event]) -> None:
    """The same events at the same times, near enough."""
    same = len(events) == len(expected) and all(
        one["event"] == other["event"] and abs(one["time"] - other["time"]) <= NEAR
        for one, other in zip(events, expected, strict=True)
    )
    if not same:
        raise DemoFailed(f"expected {expected}, got {events}")


if __name__ == "__main__":
    sys.exit(main())
