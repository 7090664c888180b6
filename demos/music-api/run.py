"""A song is known by its humming, by a remote API, through all the troubles that has. Ends with 0 if all went well."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Timer
from typing import Any

from standin import Api, Trouble, serving

import athena
from athena import Kind, Part, Request, ServiceError

HERE = Path(__file__).parent
HUMMING = HERE / "humming.wav"
START_TIMEOUT, STOP_TIMEOUT = 120.0, 30.0
NEAR = 0.1  # what a score may be off, on a machine that rounds otherwise

Song = dict[str, Any]  # Any: a JSON object; its shape is the wrapper's output schema
TROUBLES: dict[str, tuple[list[Trouble], float]] = {
    "the API fails twice": ([Trouble(500), Trouble(503)], 10),
    "it is busy, and says for how long": ([Trouble(429, {"Retry-After": "1"})], 10),
    "it breaks off within its answer": ([Trouble(drop=10)], 10),
    "it does not answer in time": ([Trouble(before=20)], 2),
    "it answers no JSON": ([Trouble(body=b"<html>")], 10),
    "it does not know us": ([Trouble(401)], 10),
    "it fails whatever one does": ([Trouble(500)] * 4, 10),
}
"""What goes wrong, and the seconds that the caller has."""


class DemoFailed(Exception):
    """What went wrong, as a sentence."""


def main(words: Sequence[str] | None = None) -> int:
    """Serve both, hum, compare; then the troubles."""
    parser = argparse.ArgumentParser(prog="run.py", description="Know a song by its humming.")
    parser.add_argument("audio", nargs="?", type=Path, default=HUMMING, help="a WAV file, mono, 16 bits")
    audio = parser.parse_args(words).audio
    try:
        if not audio.is_file():
            raise DemoFailed(f"{audio}: no such file")
        with serving() as api, served(api.url) as endpoint, athena.Client(endpoint) as client:
            print(f"ready {endpoint}, the API {api.url}")
            songs = asked(client, audio.read_bytes(), 10)
            for song in songs:
                print(f"  {song['score']:5.3f}  {song['title']} ({song['composer']})")
            if audio == HUMMING:
                expected = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
                agree(songs, expected["songs"])
                agree_on_troubles(troubled(client, api, audio.read_bytes()), expected["troubles"])
                print("as expected")
    except (DemoFailed, athena.AthenaError) as error:
        print(f"the demo failed: {error}")
        return 1
    return 0


@contextlib.contextmanager
def served(api: str) -> Iterator[str]:
    """``athena run`` in a process of its own; gives an endpoint of its ready line, and stops it afterwards."""
    ports = [f"--set=transports.{name}.port=0" for name in ("http", "grpc")]
    own = ["--set=log.level=error", f"--set=services.music.config.url={api}"]
    command = [sys.executable, "-m", "athena.cli", "run", str(HERE / "aiges.toml"), *own, *ports]
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


def asked(client: Any, audio: bytes, seconds: float) -> list[Song]:  # Any: a BlockingClient
    """The songs that a recording may be."""
    request = Request("music", parts=(Part("data", audio, Kind.AUDIO),), deadline=time.monotonic() + seconds)
    songs: list[Song] = json.loads(client.once("music", request).part("songs").text)
    return songs


def troubled(client: Any, api: Api, audio: bytes) -> dict[str, str]:  # Any: a BlockingClient
    """What becomes of each trouble: the song all the same, or the fault that the caller is told; and how many tries."""
    found = {}
    for what, (troubles, seconds) in TROUBLES.items():
        api.troubles[:], before = troubles, len(api.seen)
        try:
            said = asked(client, audio, seconds)[0]["title"]
        except ServiceError as error:
            said = error.fault.name + (f" {error.code}" if error.code else "")
        found[what] = f"{said}, after {len(api.seen) - before}"
        print(f"{what}: {found[what]}")
    return found


def agree(songs: Sequence[Song], expected: Sequence[Song]) -> None:
    """The same songs, their scores near enough."""
    same = len(songs) == len(expected) and all(
        one["title"] == other["title"] and abs(one["score"] - other["score"]) <= NEAR
        for one, other in zip(songs, expected, strict=True)
    )
    if not same:
        raise DemoFailed(f"expected {expected}, got {songs}")


def agree_on_troubles(found: dict[str, str], expected: dict[str, str]) -> None:
    """What became of each trouble is what is promised."""
    for what, said in expected.items():
        if found.get(what) != said:
            raise DemoFailed(f"{what}: expected {said!r}, got {found.get(what)!r}")


if __name__ == "__main__":
    sys.exit(main())
