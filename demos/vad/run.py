"""Speech streamed in frames of 100 ms; the starts and ends come while it is spoken. Ends with 0 when all went well."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Timer
from typing import Any

import athena
from athena import Kind, Part, Request, Stage

HERE = Path(__file__).parent
SPEECH = HERE / "speech.wav"
FRAME = 3200  # bytes: 100 ms
START_TIMEOUT, STOP_TIMEOUT = 120.0, 30.0
NEAR = 0.1  # seconds that an event may be off, on a machine that rounds otherwise

Event = dict[str, Any]  # Any: a JSON object; its shape is the wrapper's output schema


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
        with served() as endpoint:
            print(f"ready {endpoint}")
            events = streamed(endpoint, audio.read_bytes())
        if audio == SPEECH:
            agree(events, json.loads((HERE / "expected.json").read_text(encoding="utf-8")))
            print("as expected")
    except (DemoFailed, athena.AthenaError) as error:
        print(f"the demo failed: {error}")
        return 1
    return 0


@contextlib.contextmanager
def served() -> Iterator[str]:
    """``athena run`` in a process of its own; gives an endpoint of its ready line, and stops it afterwards."""
    ports = [f"--set=transports.{name}.port=0" for name in ("http", "grpc")]
    command = [sys.executable, "-m", "athena.cli", "run", str(HERE / "aiges.toml"), "--set=log.level=warning", *ports]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield ready(process)
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_TIMEOUT)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def ready(process: subprocess.Popen[str]) -> str:
    """The first endpoint, once it serves; a start that takes too long is killed, which ends the line waited for."""
    assert process.stdout is not None  # served() says so
    patience = Timer(START_TIMEOUT, process.kill)
    patience.start()
    try:
        line = process.stdout.readline()
    finally:
        patience.cancel()
    if not line.startswith("ready "):
        raise DemoFailed("athena run did not get ready")
    return line.split()[1]


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
