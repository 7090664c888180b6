"""A spoken command streamed in frames of 100 ms, and heard while it is said. Ends with 0 when all went well."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import athena
from athena import Kind, Part, Reply, Request, Stage
from athena.testing import served

HERE = Path(__file__).parent
COMMAND = HERE / "command.wav"
FRAME = 3200  # bytes: 100 ms
SERVICE = "commands"

Found = dict[str, Any]  # Any: a JSON object; its shape is the wrapper's output schema

serve = partial(served, HERE / "aiges.toml", "--set=log.level=warning", wires=("http", "grpc"))


class DemoFailed(Exception):
    """What went wrong, as a sentence."""


def main(words: Sequence[str] | None = None) -> int:
    """Serve, stream, compare."""
    parser = argparse.ArgumentParser(prog="run.py", description="Hear a command.")
    parser.add_argument("audio", nargs="?", type=Path, default=COMMAND, help="16 kHz, mono, 16 bits")
    audio = parser.parse_args(words).audio
    try:
        if not audio.is_file():
            raise DemoFailed(f"{audio}: no such file")
        with serve() as kernel:
            print(f"ready {kernel.endpoints[0]}")
            early, text = streamed(kernel.endpoints[0], audio.read_bytes())
        if audio == COMMAND:
            agree(early, text, json.loads((HERE / "expected.json").read_text(encoding="utf-8")))
            print("as expected")
    except (DemoFailed, athena.AthenaError) as error:
        print(f"the demo failed: {error}")
        return 1
    return 0


def streamed(endpoint: str, audio: bytes) -> tuple[int, str]:
    """Write frame by frame, as fast as one speaks; gives how many texts came before the last frame, and the last."""
    early = 0
    frames = [audio[at : at + FRAME] for at in range(0, len(audio), FRAME)]
    with athena.Client(endpoint) as client, client.open(SERVICE) as session:
        reply = Reply()
        for number, frame in enumerate(frames[:-1], 1):
            session.write(Request(SERVICE, parts=(Part("audio", frame, Kind.AUDIO, Stage.CONTINUE),)))
            reply = session.read(0.1)
            if reply.parts:  # else nothing new was heard within that time
                early += 1
                print(f"after {number / 10:.1f} s of audio: {found(reply)['text']}")
        session.write(Request(SERVICE, parts=(Part("audio", frames[-1], Kind.AUDIO, Stage.END),)))
        while reply.stage is not Stage.END:
            reply = session.read(30)
    print(f"in the end: {found(reply)['text']}")
    return early, found(reply)["text"]


def found(reply: Reply) -> Found:
    """The JSON object of a reply."""
    value: Found = json.loads(reply.part("recognized").text)
    return value


def agree(early: int, text: str, expected: str) -> None:
    """The command word for word, and some of it before it was over."""
    if text != expected:
        raise DemoFailed(f"expected {expected!r}, heard {text!r}")
    if early == 0:
        raise DemoFailed("nothing was heard before the last frame")


if __name__ == "__main__":
    sys.exit(main())
